package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseKey;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.keys.ServiceKeys;
import dev.slipway.rollout.statement.StatementRules.Choice;
import dev.slipway.rollout.statement.StatementRules.Held;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Signs what a channel offers, each time that it is said.
@ApplicationScoped
public class Statements {

  /// While no delegation is in force, it is looked again so often.
  private static final Duration LOOK_AGAIN = Duration.ofHours(1);

  private final ServiceKeys keys;
  private final StateView<BundleState> bundles;
  private final Clock clock;

  public Statements(ServiceKeys keys, StateView<BundleState> bundles, Clock clock) {
    this.keys = keys;
    this.bundles = bundles;
    this.clock = clock;
  }

  /// The number of the channel's newest statement, 0 without one.
  public Uni<Long> lastSeq(String channelKey) {
    return StatementRow.<StatementRow>findById(channelKey).map(row -> row == null ? 0L : row.seq);
  }

  /// The state with a fresh statement, within the transaction that says it and under the lock of the
  /// channel. Without a delegation in force the statement from before stays, and runs out.
  public Uni<ChannelState> stamped(Mutiny.Session session, ChannelState state) {
    return DelegationRow.of(state.appId().text())
        .chain(
            rows ->
                rows.isEmpty()
                    ? Uni.createFrom().item(state)
                    : StatementRow.<StatementRow>findById(state.key())
                        .chain(
                            row ->
                                stamped(
                                    session,
                                    state,
                                    rows.stream().map(DelegationRow::held).toList(),
                                    row)));
  }

  private Uni<ChannelState> stamped(
      Mutiny.Session session, ChannelState state, List<Held> held, @Nullable StatementRow row) {
    var now = clock.instant();
    var choice = StatementRules.choose(releaseKeys(), held, state.channel().text(), now);
    if (choice.isEmpty()) {
      if (row == null) return Uni.createFrom().item(state);
      row.renewAt = now.plus(LOOK_AGAIN);
      return Uni.createFrom().item(with(state, row.statement()));
    }
    var fresh = row == null ? new StatementRow() : row;
    sign(state, choice.get(), fresh, now);
    var said = with(state, fresh.statement());
    return row != null
        ? Uni.createFrom().item(said)
        : session.persist(fresh).chain(session::flush).replaceWith(said);
  }

  private void sign(
      ChannelState state, Choice<ReleaseKey> choice, StatementRow row, Instant now) {
    row.channelKey = state.key();
    row.appId = state.appId().text();
    row.seq = StatementRules.nextSeq(row.seq, state.epoch(), now);
    var statement =
        StatementRules.compose(
            state, bundlesOf(state.appId()), List.of(), choice.by(), row.seq, now);
    row.jws = statement.sign(choice.key());
    row.delegations = StoredJson.write(choice.by().stream().map(Held::jws).toList());
    row.issuedAt = statement.issuedAt();
    row.expiresAt = statement.expiresAt();
    row.renewAt = StatementRules.renewAt(statement.issuedAt(), statement.expiresAt());
  }

  private List<BundleState> bundlesOf(AppId app) {
    return bundles.all().values().stream().filter(it -> it.appId().equals(app)).toList();
  }

  /// Newest first, by id.
  private LinkedHashMap<Digest, ReleaseKey> releaseKeys() {
    var byId = new LinkedHashMap<Digest, ReleaseKey>();
    for (var key : keys.releases()) {
      var release = release(key);
      byId.put(release.publicKey().id(), release);
    }
    return byId;
  }

  static ReleaseKey release(ServiceKeys.ReleaseKey key) {
    return ReleaseKey.parse(
        java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(key.key().getEncoded()));
  }

  private static ChannelState with(ChannelState state, ChannelState.Statement statement) {
    return new ChannelState(
        state.appId(),
        state.channel(),
        state.epoch(),
        state.baseline(),
        state.previousBaseline(),
        state.rollout(),
        state.hold(),
        state.quarantined(),
        state.rules(),
        state.retryFrom(),
        statement,
        state.changedAt());
  }
}
