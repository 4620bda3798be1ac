package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.ENC_ALG;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.RECIPIENT_LENGTH;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One who can open the bundle: the content key, wrapped under a key that the server knows by id
 * only.
 *
 * @param kid the id of the key that unwraps, such as {@code fleet-7}
 * @param alg how the content key is wrapped: {@value #A256KW} or {@value #HPKE}
 * @param ek the wrapped content key, in base64url
 * @param enc the encapsulated key of HPKE, in base64url; null for {@value #A256KW}
 */
public record Recipient(String kid, String alg, String ek, @Nullable String enc) {

  /** AES key wrap (RFC 3394) under a 256-bit key. */
  public static final String A256KW = "A256KW";

  /** HPKE (RFC 9180), base mode, for an X25519 public key. */
  public static final String HPKE = "HPKE-X25519-SHA256-A256GCM";

  static final int HPKE_ENCAPSULATED = 32;

  private static final Pattern KID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final int A256KW_WRAPPED = 40;
  private static final int HPKE_WRAPPED = 48;

  /** Refuses a key id, algorithm or wrapped key that cannot be one. */
  public Recipient {
    requireKid(kid);
    boolean hpke = alg.equals(HPKE);
    if (!hpke && !alg.equals(A256KW)) {
      throw new BundleException(ENC_ALG).with("pointer", "/enc/recipients/alg");
    }
    requireLength(kid, ek, hpke ? HPKE_WRAPPED : A256KW_WRAPPED, "ek");
    if (hpke != (enc != null)) {
      throw new BundleException(RECIPIENT_LENGTH).with("kid", kid).with("member", "enc");
    }
    if (enc != null) {
      requireLength(kid, enc, HPKE_ENCAPSULATED, "enc");
    }
  }

  /** One whose key is wrapped by {@value #A256KW}. */
  public Recipient(String kid, String alg, String ek) {
    this(kid, alg, ek, null);
  }

  private static void requireLength(String kid, String base64Url, int due, String member) {
    int length;
    try {
      length = Base64Url.decode(base64Url).length;
    } catch (IllegalArgumentException e) {
      throw new BundleException(ENCODING, e).with("pointer", "/enc/recipients/" + member);
    }
    if (length != due) {
      throw new BundleException(RECIPIENT_LENGTH)
          .with("kid", kid)
          .with("member", member)
          .with("length", length);
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

  /** The bytes of the encapsulated key; none for {@value #A256KW}. */
  byte[] encapsulated() {
    return enc == null ? new byte[0] : Base64Url.decode(enc);
  }
}
