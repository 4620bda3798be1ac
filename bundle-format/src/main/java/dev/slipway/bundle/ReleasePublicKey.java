package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;

import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * The public half of a {@link ReleaseKey}, Ed25519.
 *
 * @param text the 32 bytes in base64url
 */
public record ReleasePublicKey(String text) {

  private static final int SIGNATURE = 64;

  /** Refuses what is not a point of the curve with {@code MEMBER_VALUE}. */
  public ReleasePublicKey {
    byte[] point;
    try {
      point = Base64Url.decode(text);
    } catch (IllegalArgumentException e) {
      throw new BundleException(MEMBER_VALUE, e).with("pointer", "/keys/x");
    }
    if (point.length != Ed25519PublicKeyParameters.KEY_SIZE
        || !Ed25519.validatePublicKeyFull(point, 0)) {
      throw new BundleException(MEMBER_VALUE).with("pointer", "/keys/x");
    }
  }

  /** The SHA-256 of the 32 bytes, by which statements name the key. */
  public Digest id() {
    return Digest.sha256(Base64Url.decode(text));
  }

  boolean verifies(byte[] signed, byte[] signature) {
    if (signature.length != SIGNATURE) {
      return false;
    }
    Ed25519Signer verifier = new Ed25519Signer();
    verifier.init(false, new Ed25519PublicKeyParameters(Base64Url.decode(text)));
    verifier.update(signed, 0, signed.length);
    return verifier.verifySignature(signature);
  }
}
