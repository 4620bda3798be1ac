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

  /**
   * Reads a key and its certificates from PEM, one after the other in any order.
   *
   * @throws BundleException if it is not that; nothing of the text is repeated
   */
  public static Signer parsePem(String pem) {
    int begin = pem.indexOf("-----BEGIN " + SigningKey.LABEL);
    String ending = "-----END " + SigningKey.LABEL + "-----";
    int end = pem.indexOf(ending);
    if (begin < 0 || end < begin) {
      throw new BundleException(KEY_INVALID).with("missing", SigningKey.LABEL);
    }
    end += ending.length();
    return new Signer(
        SigningKey.parsePem(pem.substring(begin, end)),
        CertificateChain.parsePem(pem.substring(0, begin) + pem.substring(end)));
  }

  /** The certificate. */
  public PublisherCertificate certificate() {
    return chain.leaf();
  }
}
