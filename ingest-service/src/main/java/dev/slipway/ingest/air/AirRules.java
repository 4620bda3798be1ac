package dev.slipway.ingest.air;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppState;
import dev.slipway.kit.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// What must hold of an AIR package beyond itself: whose it is, and that its signer follows the one
/// before. Pure.
final class AirRules {

  /// AIR from 2.5 on: one to three numbers of up to three digits, the first of which may be left
  // out.
  private static final Pattern NUMBERED =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){0,2}|(\\.[0-9]{1,3}){1,2}");

  private AirRules() {}

  /// Refuses a package where none is taken, or that is another app's.
  static void requireFits(AirDescriptor descriptor, AppState app) {
    if (!descriptor.id().equals(app.appId().text())) throw new BundleException(APP_MISMATCH);
    version(descriptor);
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

  /// Whether the signer may follow at this time, and whom it follows.
  ///
  /// @param trusted the leaf of the newest version, or the one that the app was registered with
  /// @param revoked one of some certificates that was revoked, if one was
  /// @return the leaf that handed over, if one did
  static Optional<Digest> follow(
      AirSignatures signatures,
      Digest trusted,
      Function<List<Digest>, Optional<Digest>> revoked,
      AppState app,
      Instant now) {
    var signers = new ArrayList<Digest>();
    signers.add(signatures.publisher().fingerprint());
    signatures.migration().ifPresent(signer -> signers.add(signer.fingerprint()));
    revoked
        .apply(signers)
        .ifPresent(
            found -> {
              throw new BundleException(CERTIFICATE_REVOKED).with("certificate", found);
            });
    AirSigner publisher = signatures.publisher();
    publisher.requireValidAt(now);
    var migration = signatures.migration();
    if (publisher.fingerprint().equals(trusted)) {
      if (migration.isPresent()) {
        throw Refusal.of(
            422, "migration-redundant", "The certificate is the one that is trusted already.");
      }
      return Optional.empty();
    }
    if (migration.isEmpty()) {
      throw new BundleException(MIGRATION_REQUIRED).with("trusted", trusted);
    }
    AirSigner predecessor = migration.get();
    if (!predecessor.fingerprint().equals(trusted)) {
      throw new BundleException(MIGRATION_UNTRUSTED).with("trusted", trusted);
    }
    Instant end = predecessor.notAfter().plus(Duration.ofDays(app.policy().graceDays()));
    if (now.truncatedTo(ChronoUnit.SECONDS).isAfter(end)) {
      throw Refusal.of(
              422,
              "migration-grace-elapsed",
              "The former certificate ended too long ago to hand over to another.")
          .with("not_after", predecessor.notAfter())
          .with("grace_ended", end);
    }
    return Optional.of(trusted);
  }
}
