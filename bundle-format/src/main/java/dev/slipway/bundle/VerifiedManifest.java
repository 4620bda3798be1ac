package dev.slipway.bundle;

/**
 * A manifest by the publisher that one trusts. Only {@link Continuity} and {@link ManifestVerifier}
 * make one.
 */
public final class VerifiedManifest {

  private final CheckedManifest checked;

  VerifiedManifest(CheckedManifest checked) {
    this.checked = checked;
  }

  /** The payload that was signed. */
  public Manifest manifest() {
    return checked.manifest();
  }

  /** The SHA-256 of the signed manifest's exact bytes: the identity of the bundle. */
  public Digest digest() {
    return checked.digest();
  }

  /** The certificate that signed. */
  public PublisherCertificate leaf() {
    return checked.publisher().leaf();
  }

  /** The certificate that signed, and those who vouch for it. */
  public CertificateChain chain() {
    return checked.publisher();
  }

  /** Names the bundle by app, version and digest. */
  @Override
  public String toString() {
    return checked.toString();
  }
}
