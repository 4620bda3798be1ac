package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.KEY_INVALID;

/**
 * Who signs: a private key, and the certificate that says whose it is.
 *
 * @param key the private key
 * @param chain its certificate, followed by the certificates of the issuers
 */
public record Signer(SigningKey key, CertificateChain chain) {

  /** Refuses a certificate of another key with {@code KEY_INVALID}. */
  public Signer {
    if (!chain.leaf().belongsTo(key)) {
      throw new BundleException(KEY_INVALID).with("expected", "the key of the certificate");
    }
  }

  /** The certificate. */
  public PublisherCertificate certificate() {
    return chain.leaf();
  }
}
