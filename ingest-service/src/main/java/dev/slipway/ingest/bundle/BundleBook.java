package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.outbox.Outbox;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepository;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/// The accepted versions. Its answers are to be asked for within a transaction.
@ApplicationScoped
public class BundleBook implements PanacheRepository<BundleRow> {

  private final Outbox outbox;

  BundleBook(Outbox outbox) {
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

  /// Enters a version together with its event, unless the version is taken. Publications of one app
  /// wait for each other.
  Uni<Receipt> enter(BundleState bundle) {
    return lock(bundle.appId())
        .flatMap(_ -> lookUp(bundle.appId(), bundle.version()))
        .flatMap(
            found -> {
              if (found.isPresent()) return Uni.createFrom().item(receipt(found.get(), bundle));
              var event = Message.of(Topics.BUNDLES, bundle.key(), bundle, bundle.acceptedAt());
              return persistAndFlush(new BundleRow(bundle))
                  .flatMap(_ -> Panache.getSession())
                  .flatMap(session -> outbox.append(session, event, Topics.BUNDLES))
                  .replaceWith(new Receipt.Accepted(bundle));
            });
  }

  private static Receipt receipt(BundleRow found, BundleState bundle) {
    return found.manifest().equals(bundle.manifest())
        ? new Receipt.WasThere(found.state())
        : new Receipt.VersionTaken(found.manifest());
  }

  private static Uni<String> lock(AppId app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select cast(pg_advisory_xact_lock(hashtextextended(:app, 0)) as text)",
                        String.class)
                    .setParameter("app", "slipway.ingest/" + app)
                    .getSingleResult());
  }
}
