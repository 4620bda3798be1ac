package dev.slipway.bundle;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A manifest of which every signature is genuine. Whether those who signed are the ones that one
 * trusts is not said yet: {@link Continuity#judge} says it. Only {@link ManifestVerifier} makes
 * one.
 */
public final class CheckedManifest {

  private final Manifest manifest;
  private final Digest digest;
  private final CertificateChain publisher;
  private final @Nullable Migration migration;

  /**
   * A signature by which one certificate hands over to another.
   *
   * @param from who hands over
   * @param to the fingerprint of the successor's certificate
   */
  public record Migration(CertificateChain from, Digest to) {}

  CheckedManifest(
      Manifest manifest, Digest digest, CertificateChain publisher, @Nullable Migration migration) {
    this.manifest = manifest;
    this.digest = digest;
    this.publisher = publisher;
    this.migration = migration;
  }

  /** The payload that was signed. */
  public Manifest manifest() {
    return manifest;
  }

  /** The SHA-256 of the signed manifest's exact bytes: the identity of the bundle. */
  public Digest digest() {
    return digest;
  }

  /** Who signed as publisher. */
  public CertificateChain publisher() {
    return publisher;
  }

  /** The hand-over, if there is one. */
  public Optional<Migration> migration() {
    return Optional.ofNullable(migration);
  }

  /** Names the bundle by app, version and digest. */
  @Override
  public String toString() {
    return manifest.appId() + " " + manifest.version() + " " + digest;
  }
}
