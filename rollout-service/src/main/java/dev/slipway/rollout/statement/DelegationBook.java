package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Lineage;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.channel.ChannelBook;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The publishers' delegations.
@ApplicationScoped
public class DelegationBook {

  private static final int MOST = 64;

  private final AppBook apps;
  private final ChannelBook channels;
  private final StateView<BundleState> bundles;
  private final Audit audit;
  private final Clock clock;

  public DelegationBook(
      AppBook apps,
      ChannelBook channels,
      StateView<BundleState> bundles,
      Audit audit,
      Clock clock) {
    this.apps = apps;
    this.channels = channels;
    this.bundles = bundles;
    this.audit = audit;
    this.clock = clock;
  }

  /// Adds a delegation by a certificate that signed for the app; the channels' statements follow.
  Uni<DelegationView> add(AppId app, String jws) {
    return Panache.withTransaction(
            () ->
                apps.require(app)
                    .chain(
                        state -> {
                          var row = checked(state, jws);
                          return DelegationRow.<DelegationRow>findById(
                                  new DelegationRow.Key(row.appId, row.digest))
                              .chain(
                                  known ->
                                      known != null
                                          ? Uni.createFrom().item(known)
                                          : DelegationRow.count("appId", row.appId)
                                              .invoke(DelegationBook::requireRoom)
                                              .chain(() -> row.persist())
                                              .chain(() -> record(app, row))
                                              .replaceWith(row));
                        }))
        .map(row -> row.view(clock.instant()))
        .call(() -> channels.renewAll(app));
  }

  private static void requireRoom(long count) {
    if (count >= MOST) {
      throw Refusal.of(403, "quota-exceeded", "An app has 64 delegations at most.");
    }
  }

  private Uni<Void> record(AppId app, DelegationRow row) {
    return Panache.getSession()
        .chain(
            session ->
                audit.append(
                    session,
                    Deed.of(
                        "delegation.create",
                        app,
                        "apps/" + app + "/delegations/" + row.digest,
                        null,
                        null,
                        row.view(clock.instant()))));
  }

  private DelegationRow checked(AppState app, String jws) {
    var now = clock.instant();
    try {
      var signer = Delegation.signerOf(jws);
      var leaves = leaves(app);
      // Whoever signed for the app once: an agent that slept still trusts an earlier certificate.
      var lineage = Lineage.trusting(leaves.contains(signer) ? signer : app.publisherLeaf());
      var rules =
          new ContinuityRules(
              Duration.ofDays(app.policy().graceDays()), ContinuityRules.Pin.LEAF, false);
      var delegation = Delegation.verify(jws, app.appId(), lineage, rules, leaves, now);
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
      throw Refusal.of(e.reason().status(), e.reason().slug(), e.reason().sentence(), e.facts());
    }
  }

  private Set<Digest> leaves(AppState app) {
    var leaves = new HashSet<Digest>();
    leaves.add(app.publisherLeaf());
    for (var bundle : bundles.all().values()) {
      var leaf = bundle.publisherLeaf();
      if (bundle.appId().equals(app.appId()) && leaf != null) leaves.add(leaf);
    }
    return leaves;
  }

  Uni<List<DelegationView>> list(AppId app) {
    return Panache.withSession(
        () ->
            apps.require(app)
                .chain(() -> DelegationRow.of(app.text()))
                .map(rows -> rows.stream().map(row -> row.view(clock.instant())).toList()));
  }

  /// Fails with 409 `delegation-expired` if the app has delegations, but none in force: agents would
  /// refuse what is started now.
  Uni<Void> requireInForce(AppId app) {
    return Panache.withSession(() -> DelegationRow.of(app.text()))
        .invoke(
            rows -> {
              if (rows.isEmpty()) return;
              var newest = rows.getFirst();
              if (!newest.expiresAt.isAfter(clock.instant())) {
                throw Refusal.of(
                    409,
                    "delegation-expired",
                    "The publisher's delegation has ended: agents would not believe what is started"
                        + " now. Make the next one: ./slipway delegation create "
                        + app,
                    Map.of("expired_at", newest.expiresAt));
              }
            })
        .replaceWithVoid();
  }

  /// For each app with delegations, when the last of them ends.
  Uni<List<Object[]>> ends() {
    return Panache.withSession(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        session
                            .createSelectionQuery(
                                "select d.appId, max(d.expiresAt) from DelegationRow d group by d.appId",
                                Object[].class)
                            .getResultList()));
  }

  /// The channels whose statement is to be renewed.
  Uni<List<String>> due(int atMost) {
    Instant now = clock.instant();
    return Panache.withSession(() -> StatementRow.due(now, atMost));
  }
}
