package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleAnswer.Warning;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.blob.BlobIntake;
import dev.slipway.ingest.lineage.LineageStep;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.StorageUnavailable;
import dev.slipway.ingest.upkeep.Health;
import dev.slipway.kit.http.Refusal;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Makes versions exist, of whatever format. All parts are there before; the object of the document
/// that publishes them comes before the row; row, references and event come in one transaction,
/// which is what makes the version exist; its folder of immutable addresses comes last, and is
/// written by [Releases] if this process ends before.
@ApplicationScoped
public class Commit {

  private static final Logger LOG = Logger.getLogger(Commit.class);
  private static final int LOOK_UPS = 16;

  /// Of more blobs than these the database is believed, see
  /// `docs/adr/0009-the-database-knows-the-blobs.md`.
  private static final int MOST_LOOK_UPS = 512;

  private final ObjectStore store;
  private final BlobBook blobs;
  private final BundleBook bundles;
  private final Releases releases;
  private final Documents documents;
  private final Health health;
  private final Database database;
  private final Clock clock;

  Commit(
      ObjectStore store,
      BlobBook blobs,
      BundleBook bundles,
      Releases releases,
      Documents documents,
      Health health,
      Database database,
      Clock clock) {
    this.store = store;
    this.blobs = blobs;
    this.bundles = bundles;
    this.releases = releases;
    this.documents = documents;
    this.health = health;
    this.database = database;
    this.clock = clock;
  }

  /// What publishes a version.
  ///
  /// @param parts all that it refers to, each with its length
  /// @param bytes at most 5 MiB; their digest is the state's `manifest`
  /// @param claim the sender's key for the request, if there is one
  public record Document(
      Map<Digest, Long> parts, byte[] bytes, String mediaType, Optional<Claim> claim) {}

  /// Lets a version of a format without security epochs follow those before it, in their epoch.
  public static Judgement.Accepted follow(AppState app, BundleState bundle, Standing standing) {
    return follow(app, bundle, standing, null, List.of());
  }

  /// The same for a format that is signed.
  ///
  /// @param step what it changes of the lineage, if anything
  /// @param warnings of its certificates
  public static Judgement.Accepted follow(
      AppState app,
      BundleState bundle,
      Standing standing,
      @Nullable LineageStep step,
      List<Warning> warnings) {
    BundleState following = bundle.withSecurityEpoch(standing.history().highestEpoch());
    return new Judgement.Accepted(
        following,
        step,
        BundleRules.requireFollows(following, standing, app).stream().toList(),
        warnings);
  }

  /// Publishes a version that passed all checks but those of its parts.
  ///
  /// @param judgement whether it may follow those before it
  /// @throws Refusal 403 `quota-exceeded`, 422 `blob-missing`; 422 `blob-size-mismatch`; what the
  ///     judgement throws
  public Receipt commit(AppState app, BundleState bundle, Document document, Judgement judgement) {
    Optional<Receipt> known = check(app, bundle, document.parts());
    if (known.isPresent()) return known.get();
    Instant now = clock.instant();
    var key = ObjectKey.manifest(bundle.appId(), bundle.manifest());
    boolean storedNow = store.put(key, document.bytes(), document.mediaType());
    Receipt receipt;
    try {
      receipt =
          database.inTransaction(
              () ->
                  bundles.enter(
                      app, bundle, document.parts().keySet(), judgement, document.claim(), now));
    } catch (Refusal e) {
      // After a 503 it may have been entered all the same.
      if (storedNow && e.problem().status() < 500) removeUnreferenced(key);
      throw e;
    } catch (BundleException e) {
      if (storedNow) removeUnreferenced(key);
      throw e;
    }
    switch (receipt) {
      case Receipt.VersionTaken _ -> removeUnreferenced(key);
      case Receipt.Accepted _, Receipt.WasThere _ -> {
        // What was there may have been collected before the row referred to it.
        if (!storedNow && store.size(key).isEmpty()) {
          store.put(key, document.bytes(), document.mediaType());
        }
        write(bundle, document.bytes());
      }
    }
    return receipt;
  }

  /// The receipt for a version that this very document published. Where a copy of the document was
  /// lost since, this one takes its place.
  public Receipt again(BundleRow found, byte[] bytes) {
    BundleState bundle = found.state();
    if (!bundle.degraded()) return new Receipt.WasThere(bundle);
    documents.restore(
        new Documents.Document(
            bundle.appId(), bundle.version(), bundle.manifest(), bundle.format()),
        bytes);
    health.documentReturned(bundle.appId(), bundle.version());
    return new Receipt.WasThere(
        database
            .inTransaction(() -> bundles.lookUp(bundle.appId(), bundle.version()))
            .orElse(found)
            .state());
  }

  /// Holds a version against what is published and stored, and changes nothing.
  ///
  /// @return the receipt, where nothing is left to be done
  public Optional<Receipt> check(AppState app, BundleState bundle, Map<Digest, Long> parts) {
    Optional<BundleRow> found =
        database.inTransaction(() -> bundles.lookUp(bundle.appId(), bundle.version()));
    if (found.isPresent()) return Optional.of(BundleBook.receipt(found.get(), bundle));
    requireRoom(app, parts);
    requireParts(bundle.appId(), parts);
    return Optional.empty();
  }

  private static void requireRoom(AppState app, Map<Digest, Long> parts) {
    long needed = parts.values().stream().mapToLong(Long::longValue).sum();
    long limit = app.policy().maxBundleBytes();
    if (needed > limit) {
      throw BlobIntake.quotaExceeded("One version", limit).with("needed", needed);
    }
  }

  private void requireParts(AppId app, Map<Digest, Long> parts) {
    BundleRules.requireStored(
        parts, database.inTransaction(() -> blobs.sizes(app, parts.keySet())));
    var doubtful =
        database.inTransaction(() -> blobs.longestUnchecked(app, parts.keySet(), MOST_LOOK_UPS));
    List<Digest> lost = lost(app, doubtful);
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

  /// The version exists already: that its folder has to wait is no failure of the request.
  private void write(BundleState bundle, byte[] document) {
    try {
      releases.write(bundle, document);
    } catch (RuntimeException e) {
      LOG.warnf(
          e,
          "The folder of a release is written later: app=%s version=%s",
          bundle.appId(),
          bundle.version());
    }
  }

  /// The version went to another document at the same time; as versions never change, nobody can
  /// ever refer to this one.
  private void removeUnreferenced(ObjectKey key) {
    try {
      store.remove(key);
    } catch (StorageUnavailable e) {
      LOG.warnf(e, "A manifest that lost its version could not be removed: key=%s", key);
    }
  }
}
