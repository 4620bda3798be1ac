package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.contracts.release.StatementView;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.channel.ChannelRow;
import dev.slipway.rollout.publisher.Certificates;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// The publishers' delegations, and how it stands with the statements that they carry.
@ApplicationScoped
public class DelegationBook {

  private static final int MOST = 64;

  private final AppBook apps;
  private final ChannelBook channels;
  private final Certificates certificates;
  private final Audit audit;
  private final Clock clock;

  public DelegationBook(
      AppBook apps, ChannelBook channels, Certificates certificates, Audit audit, Clock clock) {
    this.apps = apps;
    this.channels = channels;
    this.certificates = certificates;
    this.audit = audit;
    this.clock = clock;
  }

  /// What became of a delegation that was handed over.
  ///
  /// @param created false if it was there already
  record Added(DelegationView delegation, boolean created) {}

  /// Adds a delegation by a certificate that signed for the app; the channels' statements follow.
  Uni<Added> add(AppId app, String jws) {
    return Panache.withTransaction(
            () ->
                apps.require(app)
                    .chain(
                        state ->
                            certificates
                                .of(state)
                                .map(known -> checked(state, known, jws))
                                .chain(row -> added(app, row))))
        .call(() -> renewAll(app));
  }

  private Uni<Added> added(AppId app, DelegationRow row) {
    return DelegationRow.<DelegationRow>findById(new DelegationRow.Key(row.appId, row.digest))
        .chain(
            known -> {
              if (known != null && known.revokedAt != null) {
                throw Refusal.of(
                    409,
                    "delegation-revoked",
                    "This delegation was taken back. Sign another one.",
                    Map.of("revoked_at", known.revokedAt));
              }
              if (known != null) {
                return Uni.createFrom().item(new Added(known.view(clock.instant()), false));
              }
              var view = row.view(clock.instant());
              return DelegationRow.count(
                      "appId = ?1 and revokedAt is null and expiresAt > ?2",
                      row.appId,
                      clock.instant())
                  .invoke(DelegationBook::requireRoom)
                  .chain(() -> row.persist())
                  .chain(Panache::getSession)
                  .call(session -> StatementRow.renewAll(session, row.appId, clock.instant()))
                  .chain(session -> record(session, app, "delegation.create", null, null, view))
                  .replaceWith(new Added(view, true));
            });
  }

  private static void requireRoom(long count) {
    if (count >= MOST) {
      throw Refusal.of(403, "quota-exceeded", "An app has 64 delegations in force at most.");
    }
  }

  /// Signs nothing by its word any more. Whoever has it, and the release key that it names, could:
  /// a stolen release key takes the revocation of the certificate.
  Uni<DelegationView> revoke(AppId app, Digest id, String reason) {
    return Panache.withTransaction(
            () ->
                apps.require(app)
                    .chain(
                        () ->
                            DelegationRow.<DelegationRow>findById(
                                new DelegationRow.Key(app.text(), id.text())))
                    .onItem()
                    .ifNull()
                    .failWith(Refusal::notFound)
                    .chain(row -> revoked(app, row, reason)))
        .call(() -> renewAll(app));
  }

  private Uni<DelegationView> revoked(AppId app, DelegationRow row, String reason) {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    if (row.revokedAt != null) return Uni.createFrom().item(row.view(now));
    var before = row.view(now);
    row.revokedAt = now;
    var after = row.view(now);
    return Panache.getSession()
        .call(session -> StatementRow.renewAll(session, row.appId, now))
        .chain(session -> record(session, app, "delegation.revoke", reason, before, after))
        .replaceWith(after);
  }

  private Uni<Void> record(
      Mutiny.Session session,
      AppId app,
      String action,
      @Nullable String reason,
      @Nullable DelegationView before,
      DelegationView after) {
    return audit.append(
        session,
        Deed.of(action, app, "apps/" + app + "/delegations/" + after.id(), reason, before, after));
  }

  private DelegationRow checked(AppState app, Certificates.Known known, String jws) {
    var now = clock.instant();
    try {
      var signer = Delegation.signerOf(jws);
      // Whoever signed for the app once: an agent that slept still trusts an earlier certificate.
      var lineage =
          Lineage.trusting(known.leaves().contains(signer) ? signer : known.current())
              .revoking(new HashSet<>(known.revoked()));
      var rules =
          new ContinuityRules(
              Duration.ofDays(app.policy().graceDays()), ContinuityRules.Pin.LEAF, false);
      var mayIssue = new HashSet<>(known.leaves());
      mayIssue.addAll(known.pinned());
      var delegation = Delegation.verify(jws, app.appId(), lineage, rules, mayIssue, now);
      var row = new DelegationRow();
      row.appId = app.appId().text();
      row.digest = Digest.sha256(jws.getBytes(StandardCharsets.US_ASCII)).text();
      row.signer = signer.text();
      row.jws = jws;
      row.issuedAt = delegation.issuedAt();
      row.expiresAt = delegation.expiresAt();
      row.addedAt = now;
      return row;
    } catch (BundleException e) {
      throw Refusal.of(
          e.reason().status(),
          e.reason().slug(),
          e.reason().sentence() + ".",
          Map.copyOf(e.facts()));
    }
  }

  Uni<List<DelegationView>> list(AppId app) {
    return Panache.withSession(
        () ->
            apps.require(app)
                .chain(() -> DelegationRow.of(app.text()))
                .map(rows -> rows.stream().map(row -> row.view(clock.instant())).toList()));
  }

  Uni<DelegationView> get(AppId app, Digest id) {
    return Panache.withSession(
        () ->
            DelegationRow.<DelegationRow>findById(new DelegationRow.Key(app.text(), id.text()))
                .onItem()
                .ifNull()
                .failWith(Refusal::notFound)
                .map(row -> row.view(clock.instant())));
  }

  /// How many delegations in force name each release key.
  Uni<Map<Digest, Long>> named() {
    return Panache.withSession(() -> DelegationRow.inForce(clock.instant()))
        .map(
            rows ->
                rows.stream()
                    .flatMap(row -> row.delegation().keys().stream())
                    .collect(Collectors.groupingBy(key -> key.id(), Collectors.counting())));
  }

  /// How it stands with the statement of each channel of the app.
  Uni<List<StatementView>> statements(AppId app) {
    return Panache.withSession(
        () ->
            apps.require(app)
                .chain(
                    state ->
                        certificates
                            .of(state)
                            .chain(
                                known ->
                                    DelegationRow.of(app.text())
                                        .map(rows -> Statements.held(rows, known.revoked()))
                                        .chain(held -> statements(app, held, known.current())))));
  }

  private Uni<List<StatementView>> statements(
      AppId app, List<StatementRules.Held> held, Digest current) {
    return ChannelRow.open(app)
        .chain(
            open ->
                StatementRow.<StatementRow>find("appId", app.text())
                    .list()
                    .map(
                        rows -> {
                          var byChannel =
                              rows.stream()
                                  .collect(Collectors.toMap(it -> it.channelKey, it -> it));
                          return open.stream()
                              .map(
                                  channel ->
                                      view(channel, byChannel.get(channel.key), held, current))
                              .toList();
                        }));
  }

  private StatementView view(
      ChannelRow channel,
      @Nullable StatementRow row,
      List<StatementRules.Held> held,
      Digest current) {
    var now = clock.instant();
    var until = StatementRules.coveredUntil(held, channel.name, current).orElse(null);
    long days = until == null ? 0 : Math.max(0, Duration.between(now, until).toDays());
    var name = ChannelName.of(channel.name);
    if (row == null) {
      return new StatementView(name, StatementView.State.NONE, null, null, null, null, until, days);
    }
    return new StatementView(
        name,
        row.expiresAt.isAfter(now) ? StatementView.State.IN_FORCE : StatementView.State.EXPIRED,
        row.seq,
        row.issuedAt,
        row.expiresAt,
        row.renewAt,
        until,
        days);
  }

  /// The apps that have delegations, or had. Within the caller's session.
  static Uni<List<String>> apps(Mutiny.Session session) {
    return session
        .createSelectionQuery(
            "select distinct d.appId from DelegationRow d order by 1", String.class)
        .getResultList();
  }

  /// The channels whose statement is to be renewed.
  Uni<List<String>> due(int atMost) {
    Instant now = clock.instant();
    return Panache.withSession(
        () -> Panache.getSession().chain(session -> StatementRow.due(session, now, atMost)));
  }

  /// Has all statements of an app renewed, and does it at once as far as it gets.
  Uni<Void> renewAll(AppId app) {
    return Panache.withSession(() -> ChannelRow.open(app))
        .map(rows -> rows.stream().map(row -> row.key).toList())
        .onItem()
        .transformToMulti(keys -> Multi.createFrom().iterable(keys))
        .onItem()
        .transformToUniAndConcatenate(channels::renew)
        .onItem()
        .ignoreAsUni()
        // The job does it in a moment.
        .onFailure()
        .recoverWithNull();
  }
}
