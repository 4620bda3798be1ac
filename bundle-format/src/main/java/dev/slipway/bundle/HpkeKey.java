package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CEK_COMMIT;

import java.security.SecureRandom;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;

/**
 * The private half of a pair that bundles can be sealed for, X25519. It never prints itself.
 *
 * @param kid the id, as recipients in a manifest name it
 * @param key the private key
 */
public record HpkeKey(String kid, Secret key) implements OpeningKey {

  /** Refuses an id that a manifest cannot name. */
  public HpkeKey {
    Recipient.requireKid(kid);
  }

  /** A fresh pair. */
  public static HpkeKey generate(String kid, SecureRandom random) {
    return new HpkeKey(kid, Secret.random(random));
  }

  /** What a publisher needs to seal for this key. */
  public HpkePublicKey publicKey() {
    return new HpkePublicKey(kid, Base64Url.encode(publicBytes()));
  }

  private byte[] publicBytes() {
    return new X25519PrivateKeyParameters(key.bytes()).generatePublicKey().getEncoded();
  }

  @Override
  public Secret unwrap(Manifest manifest) {
    Recipient recipient = OpeningKey.recipient(manifest, kid, Recipient.HPKE);
    HPKE hpke = Hpke.suite();
    Secret cek;
    try {
      cek =
          Secret.of(
              hpke.open(
                  recipient.encapsulated(),
                  hpke.deserializePrivateKey(key.bytes(), publicBytes()),
                  Hpke.info(),
                  Hpke.additional(manifest.appId(), kid),
                  recipient.wrappedKey(),
                  Hpke.noPsk(),
                  Hpke.noPsk(),
                  null));
    } catch (InvalidCipherTextException | RuntimeException e) {
      throw new BundleException(CEK_COMMIT, e).with("kid", kid);
    }
    return OpeningKey.requireCommitted(cek, manifest, kid);
  }
}
