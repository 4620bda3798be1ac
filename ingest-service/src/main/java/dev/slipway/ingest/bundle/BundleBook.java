package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.lineage.LineageBook;
import dev.slipway.ingest.retry.Claim;
import dev.slipway.ingest.retry.Claims;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepository;
import io.quarkus.panache.common.Parameters;
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
  private final LineageBook lineage;
  private final Claims claims;
  private final Outbox outbox;

  BundleBook(BlobBook blobs, LineageBook lineage, Claims claims, Outbox outbox) {
    this.blobs = blobs;
    this.lineage = lineage;
    this.claims = claims;
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

  /// The app's versions that fit, newest first.
  ///
  /// @param before the position above the first one
  Uni<List<BundleRow>> list(AppId app, Wanted wanted, long before, int limit) {
    var conditions = new StringBuilder("appId = :app and position < :before");
    var parameters = Parameters.with("app", app.text()).and("before", before);
    wanted.each(
        (column, value) -> {
          conditions.append(" and ").append(column).append(" = :").append(column);
          parameters.and(column, value);
        });
    return find(conditions + " order by position desc", parameters).range(0, limit - 1).list();
  }

  /// What a publication of the app is held against now.
  Uni<Standing> standing(AppState app, Instant now) {
    return history(app.appId())
        .flatMap(history -> lineage.trust(app, now).map(trust -> new Standing(trust, history)));
  }

  /// What is looked up before a manifest is read.
  ///
  /// @param same the version that this very manifest published
  public record Known(Optional<BundleRow> same, Standing standing) {}

  /// @throws Refusal 422 `idempotency-key-reused`
  public Uni<Known> known(AppState app, Digest manifest, Optional<Claim> claim, Instant now) {
    return claims
        .require(claim, now)
        .flatMap(_ -> lookUp(app.appId(), manifest))
        .flatMap(same -> standing(app, now).map(standing -> new Known(same, standing)));
  }

  private Uni<History> history(AppId app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select version, security_epoch from ingest.bundle where app_id = :app",
                        Object[].class)
                    .setParameter("app", app.text())
                    .getResultList())
        .map(
            rows ->
                new History(
                    rows.stream().map(row -> (String) row[0]).toList(),
                    rows.stream().mapToLong(row -> ((Number) row[1]).longValue()).max().orElse(0)));
  }

  /// Enters a version, what it refers to, what it changes of the lineage, and their events, unless
  /// the version is taken. Publications of one app wait for each other.
  ///
  /// @param judgement asked under the lock; what it throws leaves everything as it was
  /// @throws Refusal 422 `blob-missing`, `idempotency-key-reused`
  Uni<Receipt> enter(
      AppState app,
      BundleState bundle,
      Collection<Digest> parts,
      Judgement judgement,
      Optional<Claim> claim,
      Instant now) {
    return blobs
        .lock(app.appId(), true)
        .flatMap(_ -> claims.require(claim, now))
        .flatMap(_ -> lookUp(app.appId(), bundle.version()))
        .flatMap(
            found ->
                found.isPresent()
                    ? Uni.createFrom().item(receipt(found.get(), bundle))
                    : standing(app, now)
                        .map(judgement::judge)
                        .flatMap(accepted -> enter(app, accepted, parts, claim, now)));
  }

  private Uni<Receipt> enter(
      AppState app,
      Judgement.Accepted accepted,
      Collection<Digest> parts,
      Optional<Claim> claim,
      Instant now) {
    BundleState bundle = accepted.bundle();
    var done =
        blobs
            .refer(bundle.appId(), bundle.version().text(), parts)
            .invoke(
                missing -> {
                  if (!missing.isEmpty()) throw BundleRules.missing(missing);
                })
            .flatMap(_ -> persistAndFlush(new BundleRow(bundle)))
            .flatMap(_ -> tell(bundle, bundle.acceptedAt()));
    var step = accepted.step();
    if (step != null) {
      done = done.flatMap(_ -> lineage.enter(app, step, bundle.version(), now));
    }
    for (var unlock : accepted.used()) {
      done = done.flatMap(_ -> lineage.use(unlock, bundle.version()));
    }
    return done.flatMap(_ -> claims.enter(claim, now))
        .replaceWith(new Receipt.Accepted(bundle, accepted.warnings()));
  }

  /// Takes a version back, with its event; again is no mistake, and the first reason stands.
  ///
  /// @return the version as it is then, if there is one
  Uni<Optional<BundleRow>> withdraw(
      AppId app,
      Version version,
      BundleAnswer.Withdrawal withdrawal,
      Optional<Claim> claim,
      Instant now) {
    return blobs
        .lock(app, true)
        .flatMap(_ -> claims.require(claim, now))
        .flatMap(_ -> change(app, version, it -> it.withStatus(BundleState.Status.WITHDRAWN), now))
        .flatMap(
            changed ->
                lookUp(app, version)
                    .invoke(
                        found -> {
                          if (changed.isPresent()) {
                            found.ifPresent(row -> row.withdraw(withdrawal));
                          }
                        }))
        .flatMap(
            found ->
                found.isEmpty()
                    ? Uni.createFrom().item(found)
                    : flush().flatMap(_ -> claims.enter(claim, now)).replaceWith(found));
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
                        select b.position, b.app_id, b.version, b.manifest, b.state, b.status,
                               b.format, b.publisher_leaf, b.security_epoch, b.withdrawn_at,
                               b.withdrawn_by, b.withdrawal_reason
                        from ingest.bundle b
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
