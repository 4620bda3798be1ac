package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.ENC_ALG;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENT_LENGTH;

import java.util.regex.Pattern;

/**
 * One who can open the bundle: the content key, wrapped under a key that the server knows by id
 * only.
 *
 * @param kid the id of the key that unwraps, such as {@code fleet-7}
 * @param alg how the content key is wrapped; {@value #A256KW} is the one way known so far
 * @param ek the wrapped content key, in base64url
 */
public record Recipient(String kid, String alg, String ek) {

  /** AES key wrap (RFC 3394) under a 256-bit key. */
  public static final String A256KW = "A256KW";

  private static final Pattern KID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final int WRAPPED_KEY = 40;

  /** Refuses a key id, algorithm or wrapped key that cannot be one. */
  public Recipient {
    requireKid(kid);
    if (!alg.equals(A256KW)) {
      throw new BundleException(ENC_ALG).with("pointer", "/enc/recipients/alg");
    }
    int length;
    try {
      length = Base64Url.decode(ek).length;
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e).with("pointer", "/enc/recipients/ek");
    }
    if (length != WRAPPED_KEY) {
      throw new BundleException(RECIPIENT_LENGTH).with("kid", kid).with("length", length);
    }
  }

  /** Refuses a text that is not a key id: 1 to 64 of letters, digits, '.', '_' and '-'. */
  static String requireKid(String kid) {
    if (!KID.matcher(kid).matches()) {
      throw new BundleException(MEMBER_VALUE).with("pointer", "/enc/recipients/kid");
    }
    return kid;
  }

  /** The bytes of the wrapped content key. */
  public byte[] wrappedKey() {
    return Base64Url.decode(ek);
  }
}
