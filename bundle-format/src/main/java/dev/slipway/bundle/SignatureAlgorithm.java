package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;

/**
 * The ways in which something of a publisher's may be signed. Each name fixes key, hash and
 * padding; names that leave one of them open, such as {@code EdDSA}, are not among them.
 */
public enum SignatureAlgorithm {
  /** Ed25519 (RFC 8032, RFC 9864): 64 bytes, the same for the same content. */
  ED25519("Ed25519"),

  /** ECDSA on P-256 with SHA-256: r and s, 32 bytes each, s in the lower half of its range. */
  ES256("ES256"),

  /** RSASSA-PSS with SHA-256 and a salt of 32 bytes, under a key of 3072 to 8192 bits. */
  PS256("PS256");

  private final String jose;

  SignatureAlgorithm(String jose) {
    this.jose = jose;
  }

  /** The name in a JWS header. */
  public String jose() {
    return jose;
  }

  /** The algorithm of this name in a JWS header; every other one is refused. */
  static SignatureAlgorithm of(String jose) {
    for (SignatureAlgorithm algorithm : values()) {
      if (algorithm.jose.equals(jose)) {
        return algorithm;
      }
    }
    throw new BundleException(ALG_NOT_ALLOWED);
  }
}
