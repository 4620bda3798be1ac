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
 * @param secondPerson which rollouts start only after a second person agreed
 */
public record AppPolicy(
    VersionScheme versionScheme,
    Confidentiality confidentiality,
    int graceDays,
    Pin pin,
    boolean exposeMetadata,
    long maxBundleBytes,
    long maxTotalBytes,
    SecondPerson secondPerson) {

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

  /** Which rollouts of an app a second person has to approve before they start. */
  public enum SecondPerson {
    /** None: one person starts whatever they like. */
    NEVER,
    /** Those whose policy lets fewer reports roll a release back than the shipped one does. */
    LOOSENED,
    /** All. */
    ALWAYS
  }

  private static final long GIB = 1L << 30;

  /** The shipped settings. */
  public static final AppPolicy DEFAULT =
      new AppPolicy(
          VersionScheme.SEMVER, Confidentiality.SEALED, 365, Pin.LEAF, false, 4 * GIB, 100 * GIB);

  /** With the shipped rule on second persons. */
  public AppPolicy(
      VersionScheme versionScheme,
      Confidentiality confidentiality,
      int graceDays,
      Pin pin,
      boolean exposeMetadata,
      long maxBundleBytes,
      long maxTotalBytes) {
    this(
        versionScheme,
        confidentiality,
        graceDays,
        pin,
        exposeMetadata,
        maxBundleBytes,
        maxTotalBytes,
        SecondPerson.LOOSENED);
  }

  /** The same, with another rule on second persons. */
  public AppPolicy with(SecondPerson rule) {
    return new AppPolicy(
        versionScheme,
        confidentiality,
        graceDays,
        pin,
        exposeMetadata,
        maxBundleBytes,
        maxTotalBytes,
        rule);
  }

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
