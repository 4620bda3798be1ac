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

/// Which versions are whole. A version is degraded while the object of one of its parts, or what
/// published it, is missing or holds other bytes; the topic `bundles` says so, with the change. The
/// publisher heals it by uploading the part again, or by publishing the same again.
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

  /// Neither copy of what published a version is whole.
  public void documentLost(AppId app, Version version) {
    settleDocument(app, version, true);
    LOG.errorf(
        "What published a version is missing or damaged; publish the same again: app=%s version=%s",
        app, version);
  }

  /// What published a version is whole again.
  public void documentReturned(AppId app, Version version) {
    settleDocument(app, version, false);
    LOG.infof("What published a version is whole again: app=%s version=%s", app, version);
  }

  private void settleDocument(AppId app, Version version, boolean lost) {
    database.inTransaction(
        () ->
            bundles
                .lockApp(app)
                .flatMap(_ -> markDocument(app, version, lost))
                .flatMap(_ -> isWhole(app, version))
                .flatMap(whole -> change(app, List.of(version), !whole)));
  }

  private Uni<Integer> markDocument(AppId app, Version version, boolean lost) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "update ingest.bundle set document_lost_at = case when :lost then"
                            + " coalesce(document_lost_at, cast(:now as timestamptz)) end"
                            + " where app_id = :app and version = :version")
                    .setParameter("lost", lost)
                    .setParameter("now", clock.instant())
                    .setParameter("app", app.text())
                    .setParameter("version", version.text())
                    .executeUpdate());
  }

  private static Uni<Boolean> isWhole(AppId app, Version version) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        select not exists (
                            select from ingest.bundle v
                            where v.app_id = :app and v.version = :version
                              and v.document_lost_at is not null)
                          and not exists (
                            select from ingest.part p
                            join ingest.blob b on b.app_id = p.app_id and b.id = p.blob_id
                            where p.app_id = :app and p.version = :version
                              and b.rotten_at is not null)
                        """,
                        Boolean.class)
                    .setParameter("app", app.text())
                    .setParameter("version", version.text())
                    .getSingleResult());
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
                              and b.rotten_at is not null)
                            and not exists (
                            select from ingest.bundle v
                            where v.app_id = p.app_id and v.version = p.version
                              and v.document_lost_at is not null))
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
