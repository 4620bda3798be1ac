package dev.slipway.bundle;

import dev.slipway.bundle.BundleException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a genuine manifest comes from the publisher that one trusts: signed by the same
 * certificate as before, or by one to which the former handed over. Servers and devices ask the
 * same question here and get the same answer; the rules are those of Adobe AIR, without a
 * timestamping authority: the time is the server's when it accepted the bundle, and devices learn
 * it.
 *
 * <p>Pure: nothing is remembered and no clock is read.
 */
public sealed interface Continuity permits Continuity.Accepted, Continuity.Refused {

  /** It may be accepted. */
  sealed interface Accepted extends Continuity permits Same, Migrated, Renewed {

    /** The manifest, now trusted. */
    VerifiedManifest manifest();

    /** Whom to trust once this release is accepted, or, on a device, has started healthily. */
    Lineage lineage();
  }

  /** Signed by the certificate that is trusted already. */
  record Same(VerifiedManifest manifest, Lineage lineage) implements Accepted {}

  /**
   * Signed by a new certificate, to which the trusted one handed over.
   *
   * @param from the one that handed over
   * @param lineage with the new one as the current
   * @param grace set if the old one had ended already
   */
  record Migrated(
      VerifiedManifest manifest, PublisherCertificate from, Lineage lineage, @Nullable Grace grace)
      implements Accepted {

    /** The old one's grace, if it had ended already: reason for a warning. */
    public Optional<Grace> inGrace() {
      return Optional.ofNullable(grace);
    }
  }

  /**
   * Signed by another certificate for the same key, where the rules take the key for the signer.
   */
  record Renewed(VerifiedManifest manifest, Digest from, Lineage lineage) implements Accepted {}

  /** Not to be accepted. */
  record Refused(BundleException exception) implements Continuity {

    /** Why. */
    public Reason reason() {
      return exception.reason();
    }
  }

  /**
   * The time in which an ended certificate can still hand over.
   *
   * @param until the last second
   * @param left what was left of it at the time of the judgement, possibly zero
   */
  record Grace(Instant until, Duration left) {

    /** The whole days that were left. */
    public long daysLeft() {
      return left.toDays();
    }
  }

  /**
   * Judges a manifest.
   *
   * @param lineage whom one trusts
   * @param time the server's when it accepted the bundle, or accepts it now; parts of a second do
   *     not count
   */
  static Continuity judge(
      CheckedManifest manifest, Lineage lineage, ContinuityRules rules, Instant time) {
    Instant second = time.truncatedTo(ChronoUnit.SECONDS);
    try {
      return new ContinuityJudge(manifest, lineage, rules, second).judge();
    } catch (BundleException e) {
      return new Refused(e);
    }
  }
}
