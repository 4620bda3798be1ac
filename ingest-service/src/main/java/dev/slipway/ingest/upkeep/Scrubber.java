package dev.slipway.ingest.upkeep;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.bundle.Documents;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.ObjectStore.Found;
import dev.slipway.ingest.storage.StorageUnavailable;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// Reads every stored blob from time to time and holds it against its id. One that is missing, or
/// that holds other bytes when read twice, degrades the versions that refer to it; a damaged object
/// is taken away, so that the publisher can store it again. A store that does not answer says
/// nothing about its objects.
///
/// What published the versions is read too; one copy heals the other, see [Documents].
///
/// It may run on several instances: each takes other blobs.
@ApplicationScoped
public class Scrubber {

  private static final int AT_ONCE = 50;

  private final ObjectStore store;
  private final Documents documents;
  private final Health health;
  private final Database database;
  private final IngestConfig config;
  private final IngestMetrics metrics;
  private final Clock clock;

  public Scrubber(
      ObjectStore store,
      Health health,
      Database database,
      IngestConfig config,
      IngestMetrics metrics,
      Clock clock) {
    this.store = store;
    this.documents = new Documents(store);
    this.health = health;
    this.database = database;
    this.config = config;
    this.metrics = metrics;
    this.clock = clock;
  }

  /// A version whose document is due.
  private record DueDocument(Documents.Document document, boolean lost) {}

  private record Due(AppId app, Digest id, long size, boolean rotten) {}

  /// Reads all that is due.
  ///
  /// @throws StorageUnavailable when the store goes away; what was not read is due again later
  public void check() {
    checkAll("");
    metrics.rotten(database.inTransaction(Scrubber::rotten));
  }

  /// The same for one app.
  public void check(AppId app) {
    checkAll(app.text());
  }

  /// @param app all, if empty
  private void checkAll(String app) {
    List<Due> due;
    do {
      due = database.inTransaction(() -> claim(app));
      due.forEach(this::check);
    } while (due.size() == AT_ONCE);
    List<DueDocument> documentsDue;
    do {
      documentsDue = database.inTransaction(() -> claimDocuments(app));
      documentsDue.forEach(this::check);
    } while (documentsDue.size() == AT_ONCE);
  }

  private void check(DueDocument due) {
    var document = due.document();
    boolean whole = documents.mend(document);
    metrics.checked(whole);
    if (whole && due.lost()) health.documentReturned(document.app(), document.version());
    if (!whole && !due.lost()) health.documentLost(document.app(), document.version());
  }

  private void check(Due blob) {
    boolean sound = isSound(blob);
    // What was read wrongly once may have been damaged on its way.
    if (!sound) sound = isSound(blob);
    metrics.checked(sound);
    if (sound && blob.rotten()) health.returned(blob.app(), blob.id());
    if (!sound && !blob.rotten()) {
      store.remove(ObjectKey.blob(blob.app(), blob.id()));
      health.lost(blob.app(), blob.id());
    }
  }

  private boolean isSound(Due blob) {
    return store
        .read(ObjectKey.blob(blob.app(), blob.id()), (_, _, length) -> rest(length))
        .equals(Optional.of(new Found(blob.id(), blob.size())));
  }

  /// So many bytes were read; devices need the store too.
  private void rest(int bytes) {
    LockSupport.parkNanos(bytes * 1_000_000_000L / config.upkeep().checkPace().asLongValue());
  }

  /// @param app all, if empty
  private Uni<List<Due>> claim(String app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        update ingest.blob as b set checked_at = :now
                        from (select due.app_id, due.id from ingest.blob due
                              where due.checked_at <= :before and (:app = '' or due.app_id = :app)
                              order by due.checked_at limit :some for update skip locked) as due
                        where b.app_id = due.app_id and b.id = due.id
                        returning b.app_id, b.id, b.size, (b.rotten_at is not null)
                        """,
                        Object[].class)
                    .setParameter("now", clock.instant())
                    .setParameter("before", clock.instant().minus(config.upkeep().checkEvery()))
                    .setParameter("app", app)
                    .setParameter("some", AT_ONCE)
                    .getResultList())
        .map(rows -> rows.stream().map(Scrubber::due).toList());
  }

  /// @param app all, if empty
  private Uni<List<DueDocument>> claimDocuments(String app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        update ingest.bundle as b set document_checked_at = :now
                        from (select due.position from ingest.bundle due
                              where due.document_checked_at <= :before
                                and (:app = '' or due.app_id = :app)
                              order by due.document_checked_at limit :some
                              for update skip locked) as due
                        where b.position = due.position
                        returning b.app_id, b.version, b.manifest, b.format,
                                  (b.document_lost_at is not null)
                        """,
                        Object[].class)
                    .setParameter("now", clock.instant())
                    .setParameter("before", clock.instant().minus(config.upkeep().checkEvery()))
                    .setParameter("app", app)
                    .setParameter("some", AT_ONCE)
                    .getResultList())
        .map(rows -> rows.stream().map(Scrubber::dueDocument).toList());
  }

  private static DueDocument dueDocument(Object[] row) {
    return new DueDocument(
        new Documents.Document(
            AppId.of((String) row[0]),
            Version.of((String) row[1]),
            Digest.parse((String) row[2]),
            Format.valueOf(((String) row[3]).toUpperCase(Locale.ROOT))),
        (Boolean) row[4]);
  }

  private static Due due(Object[] row) {
    return new Due(
        AppId.of((String) row[0]),
        Digest.parse((String) row[1]),
        ((Number) row[2]).longValue(),
        (Boolean) row[3]);
  }

  private static Uni<Long> rotten() {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select (select count(*) from ingest.blob b where b.rotten_at is not null)"
                            + " + (select count(*) from ingest.bundle v"
                            + " where v.document_lost_at is not null)",
                        Long.class)
                    .getSingleResult());
  }
}
