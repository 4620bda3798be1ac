package dev.slipway.ingest.upkeep;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.ingest.Database;
import dev.slipway.ingest.bundle.BundleBook;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import org.jboss.logging.Logger;

/// Which versions are whole. A version is degraded while the object of one of its parts is missing
/// or holds other bytes; the topic `bundles` says so, with the change. The publisher heals it by
/// uploading the part again.
@ApplicationScoped
public class Health {

  private static final Logger LOG = Logger.getLogger(Health.class);

  private final BundleBook bundles;
  private final Database database;
  private final Clock clock;

  public Health(BundleBook bundles, Database database, Clock clock) {
    this.bundles = bundles;
    this.database = database;
    this.clock = clock;
  }

  /// A blob's object is missing or damaged.
  ///
  /// @return the versions that are degraded by it now
  public List<Version> lost(AppId app, Digest id) {
    List<Version> versions = settle(app, id, true);
    LOG.errorf(
        "A stored blob is missing or damaged; upload it again: app=%s blob=%s versions=%s",
        app, id, versions);
    return versions;
  }

  /// A blob's object is there again.
  ///
  /// @return the versions that are whole now
  public List<Version> returned(AppId app, Digest id) {
    List<Version> versions = settle(app, id, false);
    LOG.infof("A blob is whole again: app=%s blob=%s versions=%s", app, id, versions);
    return versions;
  }

  private List<Version> settle(AppId app, Digest id, boolean lost) {
    return database.inTransaction(
        () ->
            bundles
                .lockApp(app)
                .flatMap(_ -> mark(app, id, lost))
                .flatMap(_ -> versionsToChange(app, id, lost))
                .flatMap(versions -> change(app, versions, lost).replaceWith(versions)));
  }

  private Uni<Integer> mark(AppId app, Digest id, boolean lost) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "update ingest.blob set rotten_at = case when :lost then"
                            + " coalesce(rotten_at, :now) end where app_id = :app and id = :id")
                    .setParameter("lost", lost)
                    .setParameter("now", clock.instant())
                    .setParameter("app", app.text())
                    .setParameter("id", id.text())
                    .executeUpdate());
  }

  /// The versions that refer to the blob; when it returned, those that lack no other.
  private static Uni<List<Version>> versionsToChange(AppId app, Digest id, boolean lost) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        select p.version from ingest.part p
                        where p.app_id = :app and p.blob_id = :id
                          and (:lost or not exists (
                            select from ingest.part other
                            join ingest.blob b on b.app_id = other.app_id and b.id = other.blob_id
                            where other.app_id = p.app_id and other.version = p.version
                              and b.rotten_at is not null))
                        order by p.version
                        """,
                        String.class)
                    .setParameter("app", app.text())
                    .setParameter("id", id.text())
                    .setParameter("lost", lost)
                    .getResultList())
        .map(versions -> versions.stream().map(Version::of).toList());
  }

  private Uni<Void> change(AppId app, List<Version> versions, boolean degraded) {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (Version version : versions) {
      all =
          all.flatMap(
              _ ->
                  bundles
                      .change(app, version, state -> state.withDegraded(degraded), clock.instant())
                      .replaceWithVoid());
    }
    return all;
  }
}
