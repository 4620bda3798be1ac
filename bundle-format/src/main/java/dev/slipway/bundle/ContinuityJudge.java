package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_RETURN;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_STALE;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_GRACE_ELAPSED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REDUNDANT;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_TARGET;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_UNTRUSTED;

import dev.slipway.bundle.CheckedManifest.Migration;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One judgement under way. A refusal leaves it as an exception. */
final class ContinuityJudge {

  private final CheckedManifest checked;
  private final PublisherCertificate publisher;
  private final Lineage lineage;
  private final ContinuityRules rules;
  private final Instant time;

  ContinuityJudge(CheckedManifest checked, Lineage lineage, ContinuityRules rules, Instant time) {
    this.checked = checked;
    this.publisher = checked.publisher().leaf();
    this.lineage = lineage;
    this.rules = rules;
    this.time = time;
  }

  Continuity judge() {
    requireNotRevoked(lineage.current());
    requireNotRevoked(publisher.fingerprint());
    Optional<Migration> migration = checked.migration();
    return migration.isPresent() ? withMigration(migration.get()) : alone();
  }

  private Continuity withMigration(Migration migration) {
    PublisherCertificate from = migration.from().leaf();
    requireNotRevoked(from.fingerprint());
    if (from.equals(publisher)) {
      throw new BundleException(MIGRATION_REDUNDANT).with("certificate", from.fingerprint());
    }
    if (!migration.to().equals(publisher.fingerprint())) {
      throw new BundleException(MIGRATION_TARGET)
          .with("to", migration.to())
          .with("publisher", publisher.fingerprint());
    }
    boolean known = lineage.former().contains(from.fingerprint());
    if (isCurrent(publisher)) {
      // For those who are behind. A device that never trusted the former one cannot know it.
      if (!known && lineage.complete()) {
        throw new BundleException(MIGRATION_UNTRUSTED).with("from", from.fingerprint());
      }
      return alone();
    }
    if (!isCurrent(from)) {
      throw new BundleException(known ? LINEAGE_STALE : MIGRATION_UNTRUSTED)
          .with("from", from.fingerprint())
          .with("current", lineage.current());
    }
    requireNoReturn();
    publisher.requireValidAt(time);
    Continuity.Grace grace = grace(from);
    return new Continuity.Migrated(
        new VerifiedManifest(checked), from, lineage.followedBy(publisher), grace);
  }

  private Continuity alone() {
    if (isCurrent(publisher)) {
      publisher.requireValidAt(time);
      return new Continuity.Same(
          new VerifiedManifest(checked), lineage.withKey(publisher.keyFingerprint()));
    }
    boolean sameKey =
        rules.pin() == ContinuityRules.Pin.SPKI
            && publisher.keyFingerprint().equals(lineage.currentKey());
    if (!sameKey) {
      throw new BundleException(MIGRATION_REQUIRED)
          .with("publisher", publisher.fingerprint())
          .with("current", lineage.current());
    }
    requireNoReturn();
    publisher.requireValidAt(time);
    return new Continuity.Renewed(
        new VerifiedManifest(checked), lineage.current(), lineage.followedBy(publisher));
  }

  /** The grace that the old certificate needs, null while it is valid. */
  private Continuity.@Nullable Grace grace(PublisherCertificate from) {
    if (!time.isAfter(from.notAfter())) {
      from.requireValidAt(time);
      return null;
    }
    Instant until = from.notAfter().plus(rules.grace());
    if (time.isAfter(until)) {
      throw new BundleException(MIGRATION_GRACE_ELAPSED)
          .with("not_after", from.notAfter())
          .with("grace_ended", until);
    }
    return new Continuity.Grace(until, Duration.between(time, until));
  }

  private boolean isCurrent(PublisherCertificate certificate) {
    return certificate.fingerprint().equals(lineage.current());
  }

  private void requireNoReturn() {
    if (!rules.returning() && lineage.former().contains(publisher.fingerprint())) {
      throw new BundleException(LINEAGE_RETURN).with("publisher", publisher.fingerprint());
    }
  }

  private void requireNotRevoked(Digest certificate) {
    if (lineage.revoked().contains(certificate)) {
      throw new BundleException(CERTIFICATE_REVOKED).with("certificate", certificate);
    }
  }
}
