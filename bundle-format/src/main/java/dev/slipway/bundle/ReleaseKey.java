package dev.slipway.bundle;

import java.security.SecureRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * The key by which a server signs release statements, Ed25519. It stays on that server, online; a
 * {@link Delegation} by the publisher makes devices believe it. Whoever steals it can choose among
 * the manifests that the publisher signed, and no more. It never prints itself.
 */
public final class ReleaseKey {

  private final Secret seed;
  private final ReleasePublicKey publicKey;

  private ReleaseKey(Secret seed) {
    this.seed = seed;
    this.publicKey =
        new ReleasePublicKey(Base64Url.encode(parameters().generatePublicKey().getEncoded()));
  }

  /** A fresh key. */
  public static ReleaseKey generate(SecureRandom random) {
    return new ReleaseKey(Secret.random(random));
  }

  /**
   * The key that {@link #reveal} wrote.
   *
   * @throws BundleException with {@code KEY_INVALID} if the text is not 32 bytes of base64url
   */
  public static ReleaseKey parse(String text) {
    return new ReleaseKey(Secret.parse(text));
  }

  /** The key in base64url, for the place that keeps it and for nothing else. */
  public String reveal() {
    return seed.reveal();
  }

  /** What a delegation names. */
  public ReleasePublicKey publicKey() {
    return publicKey;
  }

  byte[] sign(byte[] content) {
    Ed25519Signer signer = new Ed25519Signer();
    signer.init(true, parameters());
    signer.update(content, 0, content.length);
    return signer.generateSignature();
  }

  private Ed25519PrivateKeyParameters parameters() {
    return new Ed25519PrivateKeyParameters(seed.bytes());
  }

  /** Names the public key. */
  @Override
  public String toString() {
    return "ReleaseKey[" + publicKey.id() + ", redacted]";
  }
}
