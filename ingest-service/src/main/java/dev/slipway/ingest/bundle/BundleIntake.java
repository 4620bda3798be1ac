package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.StorageUnavailable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;

/// Publishes versions. Cheap checks come before dear ones; the manifest's object comes before the
/// row, and the row and its event come in one transaction, which is what makes the version exist.
@ApplicationScoped
public class BundleIntake {

  private static final Logger LOG = Logger.getLogger(BundleIntake.class);
  private static final String MEDIA_TYPE = "application/jose+json";
  private static final int LOOK_UPS = 16;

  private final ObjectStore store;
  private final BlobBook blobs;
  private final BundleBook bundles;
  private final Database database;
  private final IngestConfig config;
  private final Clock clock;

  BundleIntake(
      ObjectStore store,
      BlobBook blobs,
      BundleBook bundles,
      Database database,
      IngestConfig config,
      Clock clock) {
    this.store = store;
    this.blobs = blobs;
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

    Optional<BundleRow> taken =
        database.inTransaction(() -> bundles.lookUp(app.appId(), bundle.version()));
    if (taken.isPresent()) return new Receipt.VersionTaken(taken.get().manifest());

    requireBlobs(app.appId(), manifest);
    var key = ObjectKey.manifest(app.appId(), verified.digest());
    store.put(key, jws, MEDIA_TYPE);
    Receipt receipt = database.inTransaction(() -> bundles.enter(bundle));
    if (receipt instanceof Receipt.VersionTaken) removeUnreferenced(key);
    return receipt;
  }

  private void requireBlobs(AppId app, Manifest manifest) {
    var parts = BundleRules.parts(manifest);
    BundleRules.requireStored(
        parts, database.inTransaction(() -> blobs.sizes(app, parts.keySet())));
    List<Digest> lost = lost(app, parts.keySet());
    if (!lost.isEmpty()) throw BundleRules.missing(lost);
  }

  /// The blobs that the database knows and the store has lost.
  private List<Digest> lost(AppId app, Collection<Digest> ids) {
    try (var workers =
        Executors.newFixedThreadPool(LOOK_UPS, Thread.ofVirtual().name("blob-", 0).factory())) {
      List<Callable<Optional<Digest>>> lookUps = ids.stream().map(id -> lookUp(app, id)).toList();
      var found = workers.invokeAll(lookUps);
      var lost = new ArrayList<Digest>();
      for (var one : found) one.get().ifPresent(lost::add);
      return lost;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageUnavailable(e);
    } catch (ExecutionException e) {
      throw new StorageUnavailable(e);
    }
  }

  private Callable<Optional<Digest>> lookUp(AppId app, Digest id) {
    return () ->
        store.size(ObjectKey.blob(app, id)).isPresent() ? Optional.empty() : Optional.of(id);
  }

  /// The version went to another manifest at the same time; as versions never change, nobody can
  /// ever refer to this one.
  private void removeUnreferenced(ObjectKey key) {
    try {
      store.remove(key);
    } catch (StorageUnavailable e) {
      LOG.warnf(e, "A manifest that lost its version could not be removed: key=%s", key);
    }
  }
}
