package dev.slipway.ingest.retry;

import dev.slipway.bundle.Digest;
import dev.slipway.kit.http.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One request under a key of its sender's choice, the header `Idempotency-Key`: a repeat of the
/// same request is answered as if it had come once, and another request under the same key is
/// refused.
///
/// @param accessKey the id of the sender's access key: senders do not share keys
/// @param chosen what the sender chose
/// @param request digest of method, address and body
public record Claim(String accessKey, String chosen, Digest request) {

  public static final String HEADER = "Idempotency-Key";

  private static final Pattern SHAPE = Pattern.compile("[\\x21-\\x7e]{1,255}");

  /// The claim that a request makes, if it makes one.
  ///
  /// @param address the path
  /// @throws Refusal 400 `idempotency-key-invalid`
  public static Optional<Claim> of(
      String accessKey, @Nullable String header, String address, byte[] body) {
    if (header == null) return Optional.empty();
    if (!SHAPE.matcher(header).matches()) {
      throw Refusal.of(
          400,
          "idempotency-key-invalid",
          "An Idempotency-Key has 1 to 255 visible ASCII characters, without spaces.");
    }
    MessageDigest sha256 = Digest.newSha256();
    sha256.update(("POST " + address + "\n").getBytes(StandardCharsets.UTF_8));
    sha256.update(body);
    return Optional.of(new Claim(accessKey, header, Digest.of(sha256.digest())));
  }
}
