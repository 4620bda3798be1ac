package dev.slipway.ingest.air;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_RETURN;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_STALE;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_GRACE_ELAPSED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REDUNDANT;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.NewUnlock.Kind;
import dev.slipway.ingest.bundle.BundleRules;
import dev.slipway.ingest.lineage.LineageStep;
import dev.slipway.ingest.lineage.Trust;
import dev.slipway.ingest.lineage.Unlock;
import dev.slipway.kit.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What must hold of an AIR package beyond itself: whose it is, and that its signer follows the one
/// before. Pure.
final class AirRules {

  /// AIR from 2.5 on: one to three numbers of up to three digits, the first of which may be left
  /// out.
  private static final Pattern NUMBERED =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){0,2}|(\\.[0-9]{1,3}){1,2}");

  private AirRules() {}

  /// Refuses a package where none is taken, or that is another app's.
  static void requireFits(AirDescriptor descriptor, AppState app) {
    if (!descriptor.id().equals(app.appId().text())) throw new BundleException(APP_MISMATCH);
    BundleRules.version(version(descriptor).text(), app);
  }

  /// An AIR package is readable by everybody.
  static void requireReadable(AppState app) {
    if (app.policy().confidentiality() != Confidentiality.NONE) {
      throw Refusal.of(
          422,
          "not-encrypted",
          "AIR packages are not encrypted, and this app takes encrypted bundles only.");
    }
  }

  static Version version(AirDescriptor descriptor) {
    String text = descriptor.version();
    try {
      Version version = Version.of(text);
      boolean fits = !descriptor.numbered() || NUMBERED.matcher(text).matches();
      if (fits && !version.isBuiltin()) return version;
    } catch (IllegalArgumentException e) {
      throw new BundleException(VERSION_SYNTAX, e);
    }
    throw new BundleException(VERSION_SYNTAX);
  }

  /// Why a package is one of the app's publisher, and what becomes of the lineage with it.
  ///
  /// @param handedOverBy the leaf whose hand-over to the signer travels with the package and still
  ///     counts
  /// @param step what is to be entered into the lineage; absent where the leaf signs on
  /// @param grace set if the old leaf had ended when it handed over
  /// @param used the exception without which it would have been refused
  record Following(
      @Nullable Digest handedOverBy,
      @Nullable LineageStep step,
      Continuity.@Nullable Grace grace,
      @Nullable Unlock used) {}

  /// Whether the signer may follow those before it, by the rules of sealed bundles.
  ///
  /// @param now the time at which the package would be accepted
  /// @throws BundleException with the reason, unless it is the publisher's
  static Following follow(AirSignatures signatures, Trust trust, AppState app, Instant now) {
    AirSigner publisher = signatures.publisher();
    var migration = signatures.migration();
    requireNotRevoked(signatures, trust);
    publisher.requireValidAt(now);
    var lineage = trust.lineage();
    Digest leaf = publisher.fingerprint();
    if (leaf.equals(lineage.current())) return on(signatures, trust, app, now);
    var returning = trust.unlock(Kind.RETURN_TO_FORMER, leaf);
    if (migration.isEmpty()) {
      if (isRenewed(publisher, lineage, app)) {
        var used = requireNoReturn(leaf, lineage, returning);
        return new Following(
            null, new LineageStep(publisher.signer(), lineage.current(), null, null), null, used);
      }
      var anew = trust.unlock(Kind.NEW_LINEAGE, leaf);
      if (anew.isPresent()) {
        return new Following(
            null,
            new LineageStep(publisher.signer(), lineage.current(), null, null),
            null,
            anew.get());
      }
      throw new BundleException(MIGRATION_REQUIRED)
          .with("publisher", leaf)
          .with("current", lineage.current());
    }
    AirSigner from = migration.get();
    if (!from.fingerprint().equals(lineage.current())) {
      boolean known = lineage.former().contains(from.fingerprint());
      throw new BundleException(known ? LINEAGE_STALE : MIGRATION_UNTRUSTED)
          .with("from", from.fingerprint())
          .with("current", lineage.current());
    }
    var used = requireNoReturn(leaf, lineage, returning);
    var grace = grace(from, app, now);
    return new Following(
        from.fingerprint(),
        new LineageStep(publisher.signer(), from.fingerprint(), from.signer(), grace),
        grace,
        used);
  }

  /// Signed by the certificate that is trusted already; a hand-over to it may come along for those
  /// who are behind.
  private static Following on(AirSignatures signatures, Trust trust, AppState app, Instant now) {
    AirSigner publisher = signatures.publisher();
    @Nullable Digest handedOver = null;
    if (signatures.migration().isPresent()) {
      AirSigner from = signatures.migration().get();
      if (from.fingerprint().equals(publisher.fingerprint())) {
        throw new BundleException(MIGRATION_REDUNDANT).with("certificate", from.fingerprint());
      }
      if (!trust.lineage().former().contains(from.fingerprint())) {
        throw new BundleException(MIGRATION_UNTRUSTED).with("from", from.fingerprint());
      }
      if (!seconds(now).isAfter(graceEnd(from, app))) handedOver = from.fingerprint();
    }
    var step = trust.begun() ? null : new LineageStep(publisher.signer(), null, null, null);
    return new Following(handedOver, step, null, null);
  }

  private static void requireNotRevoked(AirSignatures signatures, Trust trust) {
    var signers = new ArrayList<Digest>();
    signers.add(trust.lineage().current());
    signers.add(signatures.publisher().fingerprint());
    signatures.migration().ifPresent(signer -> signers.add(signer.fingerprint()));
    // A new lineage is how one goes on after a revocation.
    if (trust.unlock(Kind.NEW_LINEAGE, signatures.publisher().fingerprint()).isPresent()) {
      signers.removeFirst();
    }
    trust
        .revokedOf(signers)
        .ifPresent(
            found -> {
              throw new BundleException(CERTIFICATE_REVOKED).with("certificate", found);
            });
  }

  private static boolean isRenewed(AirSigner publisher, Lineage lineage, AppState app) {
    return app.policy().pin() == AppPolicy.Pin.SPKI
        && publisher.signer().key().equals(lineage.currentKey());
  }

  private static @Nullable Unlock requireNoReturn(
      Digest leaf, Lineage lineage, Optional<Unlock> returning) {
    if (!lineage.former().contains(leaf)) return null;
    return returning.orElseThrow(() -> new BundleException(LINEAGE_RETURN).with("publisher", leaf));
  }

  /// The grace that the old certificate needs, null while it is valid.
  private static Continuity.@Nullable Grace grace(AirSigner from, AppState app, Instant now) {
    Instant second = seconds(now);
    if (!second.isAfter(from.notAfter())) {
      from.requireValidAt(now);
      return null;
    }
    Instant end = graceEnd(from, app);
    if (second.isAfter(end)) {
      throw new BundleException(MIGRATION_GRACE_ELAPSED)
          .with("not_after", from.notAfter())
          .with("grace_ended", end);
    }
    return new Continuity.Grace(end, Duration.between(second, end));
  }

  private static Instant graceEnd(AirSigner signer, AppState app) {
    return signer.notAfter().plus(Duration.ofDays(app.policy().graceDays()));
  }

  private static Instant seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }
}
