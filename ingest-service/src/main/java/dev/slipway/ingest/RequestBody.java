package dev.slipway.ingest;

import dev.slipway.kit.http.Refusal;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a request's head says about its body.
public record RequestBody(OptionalLong declaredLength) {

  /// @throws Refusal 415 `content-encoding`: what is stored is what came over the wire
  public static RequestBody of(HttpHeaders headers) {
    String coding = headers.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
      throw Refusal.of(415, "content-encoding", "Send the bytes as they are, without a coding.");
    }
    return new RequestBody(length(headers.getHeaderString(HttpHeaders.CONTENT_LENGTH)));
  }

  private static OptionalLong length(@Nullable String header) {
    // The HTTP layer has checked that it is a number.
    return header == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(header.strip()));
  }
}
