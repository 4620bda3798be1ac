package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepository;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The accepted versions. Its answers are to be asked for within a transaction.
@ApplicationScoped
public class BundleBook implements PanacheRepository<BundleRow> {

  private final BlobBook blobs;
  private final Outbox outbox;

  BundleBook(BlobBook blobs, Outbox outbox) {
    this.blobs = blobs;
    this.outbox = outbox;
  }

  public Uni<Optional<BundleRow>> lookUp(AppId app, Version version) {
    return find("appId = ?1 and version = ?2", app.text(), version.text())
        .firstResult()
        .map(Optional::ofNullable);
  }

  public Uni<Optional<BundleRow>> lookUp(AppId app, Digest manifest) {
    return find("appId = ?1 and manifest = ?2", app.text(), manifest.text())
        .firstResult()
        .map(Optional::ofNullable);
  }

  /// The app's versions in the order of their acceptance.
  public Uni<List<BundleRow>> list(AppId app, long after, int limit) {
    return find("appId = ?1 and position > ?2 order by position", app.text(), after)
        .range(0, limit - 1)
        .list();
  }

  /// Enters a version, what it refers to and its event, unless the version is taken. Publications
  /// of one app wait for each other.
  ///
  /// @throws Refusal 422 `blob-missing`
  Uni<Receipt> enter(BundleState bundle, Collection<Digest> parts) {
    return blobs
        .lock(bundle.appId(), true)
        .flatMap(_ -> lookUp(bundle.appId(), bundle.version()))
        .flatMap(
            found -> {
              if (found.isPresent()) return Uni.createFrom().item(receipt(found.get(), bundle));
              return blobs
                  .refer(bundle.appId(), bundle.version().text(), parts)
                  .invoke(
                      missing -> {
                        if (!missing.isEmpty()) throw BundleRules.missing(missing);
                      })
                  .flatMap(_ -> persistAndFlush(new BundleRow(bundle)))
                  .flatMap(_ -> tell(bundle, bundle.acceptedAt()))
                  .replaceWith(new Receipt.Accepted(bundle));
            });
  }

  /// Changes what is said of a version, and says it. Nothing happens where the change is none.
  ///
  /// @param change gives the new state; its revision is replaced by a greater one
  /// @return the new state, if there is one
  public Uni<Optional<BundleState>> change(
      AppId app, Version version, UnaryOperator<BundleState> change, Instant now) {
    return blobs
        .lock(app, true)
        .flatMap(_ -> lookUp(app, version))
        .flatMap(
            found -> {
              if (found.isEmpty()) return Uni.createFrom().item(Optional.empty());
              BundleState before = found.get().state();
              BundleState changed = change.apply(before);
              if (changed.equals(before)) return Uni.createFrom().item(Optional.empty());
              BundleState after =
                  changed.withRevision(Math.max(before.revision() + 1, now.toEpochMilli()));
              found.get().become(after);
              return flush().flatMap(_ -> tell(after, now)).replaceWith(Optional.of(after));
            });
  }

  /// Holds the app's exclusive lock to the end of the transaction.
  public Uni<String> lockApp(AppId app) {
    return blobs.lock(app, true);
  }

  /// The oldest versions whose folder of immutable addresses is not written.
  Uni<List<BundleRow>> withoutFolder(int limit) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        select b.* from ingest.bundle b
                        where not exists (select from ingest.release r
                                          where r.app_id = b.app_id and r.version = b.version)
                        order by b.position limit :limit
                        """,
                        BundleRow.class)
                    .setParameter("limit", limit)
                    .getResultList());
  }

  private Uni<Void> tell(BundleState bundle, Instant now) {
    var event = Message.of(Topics.BUNDLES, bundle.key(), bundle, now);
    return Panache.getSession().flatMap(session -> outbox.append(session, event, Topics.BUNDLES));
  }

  static Receipt receipt(BundleRow found, BundleState bundle) {
    return found.manifest().equals(bundle.manifest())
        ? new Receipt.WasThere(found.state())
        : new Receipt.VersionTaken(found.manifest());
  }
}
