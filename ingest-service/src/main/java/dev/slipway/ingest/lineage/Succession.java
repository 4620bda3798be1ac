package dev.slipway.ingest.lineage;

import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CertificateChain;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.bundle.NewUnlock.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Why a genuine manifest is one of the app's publisher, and what becomes of the lineage with it.
///
/// @param handedOverBy the leaf whose hand-over to the signer travels with the manifest and still
///     counts: devices that trust it can follow
/// @param step what is to be entered into the lineage; absent where the leaf signs on
/// @param grace set if the old leaf had ended when it handed over
/// @param used the exception without which it would have been refused
public record Succession(
    VerifiedManifest manifest,
    @Nullable PublisherCertificate handedOverBy,
    @Nullable LineageStep step,
    Continuity.@Nullable Grace grace,
    @Nullable Unlock used) {

  /// Judges a manifest. Pure.
  ///
  /// @param now the time at which it would be accepted
  /// @throws BundleException with the reason, unless it is the publisher's
  public static Succession judge(
      CheckedManifest checked, Trust trust, AppPolicy policy, Instant now) {
    requireNotRevoked(checked.publisher(), trust);
    checked.migration().ifPresent(migration -> requireNotRevoked(migration.from(), trust));
    PublisherCertificate leaf = checked.publisher().leaf();
    var returning = trust.unlock(Kind.RETURN_TO_FORMER, leaf.fingerprint());
    var grace = Duration.ofDays(policy.graceDays());
    var rules = new ContinuityRules(grace, pin(policy), returning.isPresent());
    return switch (Continuity.judge(checked, trust.lineage(), rules, now)) {
      case Continuity.Same(var manifest, _) -> {
        var from = handedOverBy(checked, now.minus(grace));
        yield new Succession(
            manifest, from, trust.begun() ? null : step(leaf, null, from, null), null, null);
      }
      case Continuity.Migrated migrated ->
          new Succession(
              migrated.manifest(),
              migrated.from(),
              step(leaf, migrated.from().fingerprint(), migrated.from(), migrated.grace()),
              migrated.grace(),
              former(trust, leaf) ? returning.orElse(null) : null);
      case Continuity.Renewed(var manifest, var from, _) ->
          new Succession(
              manifest,
              null,
              step(leaf, from, null, null),
              null,
              former(trust, leaf) ? returning.orElse(null) : null);
      case Continuity.Refused refused -> anew(checked, trust, rules, now, refused.exception());
    };
  }

  /// A leaf that two people let begin anew need not be handed over to.
  private static Succession anew(
      CheckedManifest checked,
      Trust trust,
      ContinuityRules rules,
      Instant now,
      BundleException refusal) {
    PublisherCertificate leaf = checked.publisher().leaf();
    Optional<Unlock> unlock = trust.unlock(Kind.NEW_LINEAGE, leaf.fingerprint());
    if (unlock.isEmpty() || checked.migration().isPresent()) throw refusal;
    var fresh = Lineage.trusting(leaf.fingerprint()).revoking(trust.lineage().revoked());
    return switch (Continuity.judge(checked, fresh, rules, now)) {
      case Continuity.Accepted accepted ->
          new Succession(
              accepted.manifest(),
              null,
              step(leaf, trust.lineage().current(), null, null),
              null,
              unlock.get());
      case Continuity.Refused refused -> throw refused.exception();
    };
  }

  private static LineageStep step(
      PublisherCertificate leaf,
      @Nullable Digest predecessor,
      @Nullable PublisherCertificate from,
      Continuity.@Nullable Grace grace) {
    return new LineageStep(
        LineageStep.Signer.of(leaf),
        predecessor,
        from == null ? null : LineageStep.Signer.of(from),
        grace);
  }

  private static boolean former(Trust trust, PublisherCertificate leaf) {
    return trust.lineage().former().contains(leaf.fingerprint());
  }

  private static @Nullable PublisherCertificate handedOverBy(
      CheckedManifest checked, Instant graceBegan) {
    return checked
        .migration()
        .map(migration -> migration.from().leaf())
        .filter(from -> !from.notAfter().isBefore(graceBegan))
        .orElse(null);
  }

  private static void requireNotRevoked(CertificateChain chain, Trust trust) {
    var revoked = trust.revokedOf(chain.fingerprints());
    if (revoked.isPresent()) {
      throw new BundleException(CERTIFICATE_REVOKED).with("certificate", revoked.get());
    }
  }

  private static ContinuityRules.Pin pin(AppPolicy policy) {
    return switch (policy.pin()) {
      case LEAF -> ContinuityRules.Pin.LEAF;
      case SPKI -> ContinuityRules.Pin.SPKI;
    };
  }
}
