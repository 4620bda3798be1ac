package dev.slipway.bundle;

/**
 * A manifest whose publisher's signature has been verified. Only {@link ManifestVerifier} makes
 * one.
 */
public final class VerifiedManifest {

  private final Manifest manifest;
  private final Digest digest;
  private final PublisherCertificate leaf;

  VerifiedManifest(Manifest manifest, Digest digest, PublisherCertificate leaf) {
    this.manifest = manifest;
    this.digest = digest;
    this.leaf = leaf;
  }

  /** The payload that was signed. */
  public Manifest manifest() {
    return manifest;
  }

  /** The SHA-256 of the signed manifest's exact bytes: the identity of the bundle. */
  public Digest digest() {
    return digest;
  }

  /** The certificate that signed. */
  public PublisherCertificate leaf() {
    return leaf;
  }

  /** Names the bundle by app, version and digest. */
  @Override
  public String toString() {
    return manifest.appId() + " " + manifest.version() + " " + digest;
  }
}
