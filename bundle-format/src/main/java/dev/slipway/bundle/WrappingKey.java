package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CEK_COMMIT;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key that wraps content keys: one generation of a fleet's key, or the publisher's own. The
 * server knows the id only.
 *
 * @param kid the id, as recipients in a manifest name it
 * @param key the key itself
 */
public record WrappingKey(String kid, Secret key) implements OpeningKey {

  /** Refuses an id that a manifest cannot name. */
  public WrappingKey {
    Recipient.requireKid(kid);
  }

  /** The content key, wrapped for the owner of this key. The same inputs give the same bytes. */
  Recipient wrap(Secret cek) {
    try {
      Cipher cipher = cipher(Cipher.WRAP_MODE);
      byte[] wrapped = cipher.wrap(new SecretKeySpec(cek.bytes(), "AES"));
      return new Recipient(kid, Recipient.A256KW, Base64Url.encode(wrapped));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES key wrap", e);
    }
  }

  @Override
  public Secret unwrap(Manifest manifest) {
    Recipient recipient = OpeningKey.recipient(manifest, kid, Recipient.A256KW);
    Secret cek;
    try {
      byte[] unwrapped =
          cipher(Cipher.UNWRAP_MODE)
              .unwrap(recipient.wrappedKey(), "AES", Cipher.SECRET_KEY)
              .getEncoded();
      cek = Secret.of(unwrapped);
    } catch (InvalidKeyException e) {
      throw new BundleException(CEK_COMMIT, e).with("kid", kid);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES key wrap", e);
    }
    return OpeningKey.requireCommitted(cek, manifest, kid);
  }

  private Cipher cipher(int mode) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AESWrap");
    cipher.init(mode, new SecretKeySpec(key.bytes(), "AES"));
    return cipher;
  }
}
