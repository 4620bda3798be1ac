package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CAPGO_RENDITION;

import java.util.Base64;
import java.util.regex.Pattern;

/**
 * The same files once more, as the encrypted zip that the stock Capgo plugin opens. It is one
 * content-addressed object beside the blobs and stands under the same publisher signature; see
 * {@code docs/adr/0002-capgo-rendition.md}.
 *
 * @param id the SHA-256 of the encrypted zip
 * @param size its length in bytes
 * @param sessionKey {@code base64(IV):base64(RSA-wrapped AES key)}, as the plugin reads it
 * @param checksum the RSA-wrapped SHA-256 of the plain zip, 512 hexadecimal digits
 * @param keyId the first 20 base64 characters of the app's RSA public key
 * @param scheme how it is encrypted; {@value #V3} is the one way known so far
 */
public record CapgoRendition(
    Digest id, long size, String sessionKey, String checksum, String keyId, String scheme) {

  /** AES-128-CBC, session key and SHA-256 wrapped by RSA PKCS#1 v1.5 type 1, checksum in hex. */
  public static final String V3 = "V3";

  private static final int AES_BLOCK = 16;
  private static final int RSA_BYTES = 256;
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{512}");
  private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9+/]{20}");

  /** Refuses what the plugin would not accept. */
  public CapgoRendition {
    require(scheme.equals(V3), "scheme");
    require(size >= AES_BLOCK && size <= Blob.MAX_SIZE && size % AES_BLOCK == 0, "size");
    require(CHECKSUM.matcher(checksum).matches(), "checksum");
    require(KEY_ID.matcher(keyId).matches(), "key_id");
    int colon = sessionKey.indexOf(':');
    require(
        colon > 0
            && isBase64(sessionKey.substring(0, colon), AES_BLOCK)
            && isBase64(sessionKey.substring(colon + 1), RSA_BYTES),
        "session_key");
  }

  private static boolean isBase64(String text, int bytes) {
    if (text.length() != (bytes + 2) / 3 * 4) {
      return false;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      return decoded.length == bytes && Base64.getEncoder().encodeToString(decoded).equals(text);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void require(boolean condition, String member) {
    if (!condition) {
      throw new BundleException(CAPGO_RENDITION).with("pointer", "/capgo/" + member);
    }
  }
}
