package dev.slipway.ingest.bundle;

import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Optional;

/// Publishes sealed bundles. Cheap checks come before dear ones.
@ApplicationScoped
public class BundleIntake {

  private static final String MEDIA_TYPE = "application/jose+json";

  private final Commit commit;
  private final BundleBook bundles;
  private final Database database;
  private final IngestConfig config;
  private final Clock clock;

  BundleIntake(
      Commit commit, BundleBook bundles, Database database, IngestConfig config, Clock clock) {
    this.commit = commit;
    this.bundles = bundles;
    this.database = database;
    this.config = config;
    this.clock = clock;
  }

  /// @param jws the exact bytes of the signed manifest
  Receipt take(AppState app, byte[] jws) {
    // What was accepted once stays accepted, also after its certificate has expired.
    Optional<BundleRow> same =
        database.inTransaction(() -> bundles.lookUp(app.appId(), Digest.sha256(jws)));
    if (same.isPresent()) return new Receipt.WasThere(same.get().state());

    var now = clock.instant();
    VerifiedManifest verified = ManifestVerifier.verify(jws, app.publisherLeaf(), now);
    Manifest manifest = verified.manifest();
    BundleRules.requireFits(manifest, app, now, config.clockTolerance());
    BundleState bundle = BundleRules.publish(verified, now);

    return commit.commit(app, bundle, BundleRules.parts(manifest), jws, MEDIA_TYPE);
  }
}
