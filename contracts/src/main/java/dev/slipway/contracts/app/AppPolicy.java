package dev.slipway.contracts.app;

/**
 * What the publisher of an app has to keep to.
 *
 * @param versionScheme how its versions are written and ordered; fixed at registration
 * @param confidentiality whether the servers may hold readable bytes
 * @param graceDays for how many days after its end a certificate may still hand over to its
 *     successor: 365, or 180 and 0 for the older rules of Adobe AIR
 * @param pin what must stay the same for a signer to be the same one
 * @param exposeMetadata whether devices are given a version's link and comment
 * @param maxBundleBytes the largest version, all blobs together
 * @param maxTotalBytes all that is stored for the app
 */
public record AppPolicy(
    VersionScheme versionScheme,
    Confidentiality confidentiality,
    int graceDays,
    Pin pin,
    boolean exposeMetadata,
    long maxBundleBytes,
    long maxTotalBytes) {

  /** How versions are written and ordered. */
  public enum VersionScheme {
    /** SemVer 2.0. */
    SEMVER,
    /** Adobe AIR from 2.5 on: one to three numbers of up to three digits. */
    AIR,
    /** Adobe AIR before 2.5: any text, ordered by publication. */
    AIR_LEGACY
  }

  /** Whether the servers may hold readable bytes. */
  public enum Confidentiality {
    /** Ciphertext only. */
    SEALED,
    /** Plain zips and AIR packages too. */
    NONE
  }

  /** What identifies a signer. */
  public enum Pin {
    /** The certificate: its renewal needs a migration. */
    LEAF,
    /** The certificate's public key: a renewal over the same key is the same signer. */
    SPKI
  }

  private static final long GIB = 1L << 30;

  /** The shipped settings. */
  public static final AppPolicy DEFAULT =
      new AppPolicy(
          VersionScheme.SEMVER, Confidentiality.SEALED, 365, Pin.LEAF, false, 4 * GIB, 100 * GIB);

  public AppPolicy {
    if (graceDays < 0 || graceDays > 365) {
      throw new IllegalArgumentException("grace_days is between 0 and 365");
    }
    if (maxBundleBytes < 1 || maxTotalBytes < maxBundleBytes) {
      throw new IllegalArgumentException(
          "max_bundle_bytes is at least 1, max_total_bytes not below it");
    }
  }
}
