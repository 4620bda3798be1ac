package dev.slipway.ingest.bundle;

import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.contracts.app.AppState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.retry.Claim;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Optional;

/// Publishes sealed bundles. Cheap checks come before dear ones.
@ApplicationScoped
public class BundleIntake {

  private static final String MEDIA_TYPE = "application/jose+json";

  private final Apps apps;
  private final Commit commit;
  private final BundleBook bundles;
  private final Database database;
  private final IngestConfig config;
  private final Clock clock;

  BundleIntake(
      Apps apps,
      Commit commit,
      BundleBook bundles,
      Database database,
      IngestConfig config,
      Clock clock) {
    this.apps = apps;
    this.commit = commit;
    this.bundles = bundles;
    this.database = database;
    this.config = config;
    this.clock = clock;
  }

  /// @param jws the exact bytes of the signed manifest
  /// @param claim the sender's key for the request, if there is one
  Receipt take(AppState app, byte[] jws, Optional<Claim> claim) {
    var now = clock.instant();
    var known = database.inTransaction(() -> bundles.known(app, Digest.sha256(jws), claim, now));
    // What was accepted once stays accepted, also after its certificate has expired.
    if (known.same().isPresent()) return commit.again(known.same().get(), jws);

    CheckedManifest checked = ManifestVerifier.check(jws, known.standing().trust().pinned(), now);
    var rules = new BundleRules.Terms(app, now, config.clockTolerance());
    Judgement judgement = standing -> BundleRules.judge(checked, standing, rules);
    Judgement.Accepted accepted;
    try {
      accepted = judgement.judge(known.standing());
    } catch (BundleException e) {
      if (e.reason() != KID_UNKNOWN) throw e;
      // The app's keys may have been changed a moment ago.
      var latest = apps.latest(app.appId()).orElse(app);
      var anew = new BundleRules.Terms(latest, now, config.clockTolerance());
      judgement = standing -> BundleRules.judge(checked, standing, anew);
      accepted = judgement.judge(known.standing());
    }
    return commit.commit(
        app,
        accepted.bundle(),
        new Commit.Document(BundleRules.parts(checked.manifest()), jws, MEDIA_TYPE, claim),
        judgement);
  }
}
