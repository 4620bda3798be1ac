package dev.slipway.bundle;

import java.time.Duration;

/**
 * What an app's owner decided about the succession of certificates.
 *
 * @param grace for how long after its last second a certificate may still hand over to a successor;
 *     whole seconds, no calendar years
 * @param pin what must stay the same for a signer to be the same one
 * @param returning whether a former certificate may become the current one again, which takes two
 *     people to allow
 */
public record ContinuityRules(Duration grace, Pin pin, boolean returning) {

  /** What identifies a signer. */
  public enum Pin {
    /** The certificate: its renewal needs a migration. */
    LEAF,
    /** The certificate's public key: a renewal over the same key is the same signer. */
    SPKI
  }

  /** Adobe AIR's from 2.6 on: 365 days. */
  public static final Duration DEFAULT_GRACE = Duration.ofDays(365);

  /** 365 days of grace, each certificate a signer of its own, no way back. */
  public static final ContinuityRules DEFAULT = new ContinuityRules(DEFAULT_GRACE, Pin.LEAF, false);

  /** Refuses a grace below zero or with parts of a second. */
  public ContinuityRules {
    if (grace.isNegative() || grace.getNano() != 0) {
      throw new IllegalArgumentException("a grace is zero or some whole seconds");
    }
  }
}
