package dev.slipway.ingest.blob;

import dev.slipway.ingest.IngestMetrics;
import dev.slipway.kit.http.Refusal;
import java.util.Locale;
import java.util.OptionalLong;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/// What the endpoints that take bytes have in common.
public final class Uploads {

  private Uploads() {}

  /// @param header `Content-Length`, where the sender knew it
  public static OptionalLong length(@Nullable Long header) {
    return header == null ? OptionalLong.empty() : OptionalLong.of(header);
  }

  /// Refuses a form: its boundaries and headers would become part of what is stored.
  public static void requireNoForm(@Nullable String contentType) {
    if (contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("multipart/")) {
      throw Refusal.of(
          400, "request-invalid", "Send the bytes themselves as the body, not a form with them.");
    }
  }

  public static RestResponse<Void> answer(BlobIntake.Result result, IngestMetrics metrics) {
    return switch (result) {
      case STORED -> {
        metrics.blobStored();
        yield RestResponse.status(RestResponse.Status.CREATED);
      }
      case WAS_THERE -> {
        metrics.blobWasThere();
        yield RestResponse.ok();
      }
    };
  }
}
