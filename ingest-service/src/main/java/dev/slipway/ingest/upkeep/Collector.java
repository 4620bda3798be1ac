package dev.slipway.ingest.upkeep;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jboss.logging.Logger;

/// Takes away what nobody can ever fetch: blobs that no version refers to and nobody has asked for
/// within a day, and objects that the database does not know, which a crash left.
///
/// It may run at any time, on several instances. Each removal happens under the app's exclusive
/// lock, which publications take too: a version that is being published finds its parts and keeps
/// them, or does not find them and says so. An upload that meets a removal stores its bytes again.
@ApplicationScoped
public class Collector {

  private static final Logger LOG = Logger.getLogger(Collector.class);

  /// So many at a time, as long as a publication may have to wait.
  private static final int AT_ONCE = 100;

  private final ObjectStore store;
  private final BlobBook blobs;
  private final Database database;
  private final IngestConfig config;
  private final IngestMetrics metrics;
  private final Clock clock;

  public Collector(
      ObjectStore store,
      BlobBook blobs,
      Database database,
      IngestConfig config,
      IngestMetrics metrics,
      Clock clock) {
    this.store = store;
    this.blobs = blobs;
    this.database = database;
    this.config = config;
    this.metrics = metrics;
    this.clock = clock;
  }

  /// How many objects were taken away.
  public record Collected(int unreferenced, int unknown) {}

  /// Goes through all apps.
  public void collect() {
    for (String folder : store.folders(ObjectKey.APPS)) {
      collect(AppId.of(folder.substring(ObjectKey.APPS.length(), folder.length() - 1)));
    }
  }

  public Collected collect(AppId app) {
    var collected =
        new Collected(
            collectUnreferenced(app),
            collectUnknown(app, ObjectKey.blobs(app), "ingest.blob", "id")
                + collectUnknown(app, ObjectKey.manifests(app), "ingest.bundle", "manifest"));
    metrics.collected(collected.unreferenced(), collected.unknown());
    if (collected.unreferenced() + collected.unknown() > 0) {
      LOG.infof(
          "Objects that nothing refers to were taken away: app=%s unreferenced=%d unknown=%d",
          app, collected.unreferenced(), collected.unknown());
    }
    return collected;
  }

  private int collectUnreferenced(AppId app) {
    Instant before = clock.instant().minus(config.upkeep().keepUnreferenced());
    int all = 0;
    int some;
    do {
      some =
          database.inTransaction(
              () ->
                  blobs
                      .lock(app, true)
                      .flatMap(_ -> deleteRows(app, before))
                      .flatMap(ids -> remove(ids, id -> ObjectKey.blob(app, Digest.parse(id)))));
      all += some;
    } while (some == AT_ONCE);
    return all;
  }

  /// Of an app with a version whose parts are not entered yet, nothing is deleted.
  private static Uni<List<String>> deleteRows(AppId app, Instant before) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        delete from ingest.blob where app_id = :app and id in (
                          select b.id from ingest.blob b
                          where b.app_id = :app and b.wanted_at < :before
                            and not exists (select from ingest.part p
                                            where p.app_id = b.app_id and p.blob_id = b.id)
                            and not exists (
                              select from ingest.bundle v
                              where v.app_id = :app
                                and not exists (select from ingest.release r
                                                where r.app_id = v.app_id and r.version = v.version))
                          limit :some)
                        returning id
                        """,
                        String.class)
                    .setParameter("app", app.text())
                    .setParameter("before", before)
                    .setParameter("some", AT_ONCE)
                    .getResultList());
  }

  /// @param table where the object's digest would stand if it were known
  private int collectUnknown(AppId app, String prefix, String table, String column) {
    Instant before = clock.instant().minus(config.upkeep().keepUnknown());
    var old = new ArrayList<String>();
    store.forEach(
        prefix,
        object -> {
          if (object.at().isBefore(before)) {
            old.add(object.key().text().substring(prefix.length()));
          }
        });
    int all = 0;
    for (int from = 0; from < old.size(); from += AT_ONCE) {
      List<String> some = old.subList(from, Math.min(old.size(), from + AT_ONCE));
      all +=
          database.inTransaction(
              () ->
                  blobs
                      .lock(app, true)
                      .flatMap(_ -> unknown(app, some, table, column))
                      .flatMap(ids -> remove(ids, id -> new ObjectKey(prefix + id))));
    }
    return all;
  }

  private static Uni<List<String>> unknown(
      AppId app, List<String> ids, String table, String column) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select id from unnest(cast(:ids as text[])) as id where not exists"
                            + " (select from %s t where t.app_id = :app and t.%s = id)"
                                .formatted(table, column),
                        String.class)
                    .setParameter("ids", ids.toArray(String[]::new))
                    .setParameter("app", app.text())
                    .getResultList());
  }

  private Uni<Integer> remove(List<String> ids, Function<String, ObjectKey> key) {
    if (ids.isEmpty()) return Uni.createFrom().item(0);
    return database.blocking(
        () -> {
          for (String id : ids) store.remove(key.apply(id));
          return ids.size();
        });
  }
}
