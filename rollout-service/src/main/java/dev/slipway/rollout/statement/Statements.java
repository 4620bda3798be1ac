package dev.slipway.rollout.statement;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseKey;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.keys.ServiceKeys;
import dev.slipway.rollout.publisher.Certificates;
import dev.slipway.rollout.statement.StatementRules.Choice;
import dev.slipway.rollout.statement.StatementRules.Held;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Signs what a channel offers, each time that it is said.
@ApplicationScoped
public class Statements {

  /// While no delegation is in force, it is looked again so often.
  private static final Duration LOOK_AGAIN = Duration.ofHours(1);

  private final ServiceKeys keys;
  private final Certificates certificates;
  private final StateView<BundleState> bundles;
  private final Clock clock;

  public Statements(
      ServiceKeys keys, Certificates certificates, StateView<BundleState> bundles, Clock clock) {
    this.keys = keys;
    this.certificates = certificates;
    this.bundles = bundles;
    this.clock = clock;
  }

  /// What agents are shown of a channel.
  ///
  /// @param statement absent where there never was a delegation, or none is left
  /// @param changed whether it is another one than before
  public record Said(ChannelState.@Nullable Statement statement, boolean changed) {}

  private static final Said NOTHING = new Said(null, false);

  /// A fresh statement of this state, within the transaction that says it and under the lock of the
  /// channel. Once the last delegation has ended, the statement from before stays, and runs out;
  /// once the last one was taken back, there is none.
  public Uni<Said> sign(Mutiny.Session session, ChannelState state) {
    return DelegationRow.of(state.appId().text())
        .chain(
            rows ->
                rows.isEmpty()
                    ? Uni.createFrom().item(NOTHING)
                    : certificates
                        .revoked(state.appId())
                        .chain(
                            revoked ->
                                StatementRow.<StatementRow>findById(state.key())
                                    .chain(row -> sign(session, state, rows, revoked, row))));
  }

  private Uni<Said> sign(
      Mutiny.Session session,
      ChannelState state,
      List<DelegationRow> rows,
      List<Digest> revoked,
      @Nullable StatementRow row) {
    var now = clock.instant();
    var held = held(rows, revoked);
    var choice = StatementRules.choose(releaseKeys(), held, state.channel().text(), now);
    if (choice.isEmpty()) {
      if (row == null) return Uni.createFrom().item(NOTHING);
      row.renewAt = now.plus(LOOK_AGAIN);
      boolean covered =
          held.stream().anyMatch(it -> it.delegation().covers(state.channel().text()));
      if (covered) return Uni.createFrom().item(new Said(row.statement(), false));
      boolean taken = row.expiresAt.isAfter(now);
      if (taken) row.expiresAt = now;
      return Uni.createFrom().item(new Said(null, taken));
    }
    var fresh = row == null ? new StatementRow() : row;
    write(state, choice.get(), revoked, fresh, now);
    var said = new Said(fresh.statement(), true);
    return row != null
        ? Uni.createFrom().item(said)
        : session.persist(fresh).chain(session::flush).replaceWith(said);
  }

  /// Those that nobody took back, by certificates that nobody revoked.
  static List<Held> held(List<DelegationRow> rows, List<Digest> revoked) {
    return rows.stream()
        .filter(row -> row.revokedAt == null)
        .map(DelegationRow::held)
        .filter(it -> !revoked.contains(it.signer()))
        .toList();
  }

  private void write(
      ChannelState state,
      Choice<ReleaseKey> choice,
      List<Digest> revoked,
      StatementRow row,
      Instant now) {
    row.channelKey = state.key();
    row.appId = state.appId().text();
    row.seq = StatementRules.nextSeq(row.seq, now);
    var statement =
        StatementRules.compose(state, bundlesOf(state.appId()), revoked, choice.by(), row.seq, now);
    row.jws = statement.sign(choice.key());
    row.delegations = StoredJson.write(choice.by().stream().map(Held::jws).toList());
    row.issuedAt = statement.issuedAt();
    row.expiresAt = statement.expiresAt();
    row.renewAt = StatementRules.renewAt(statement.issuedAt(), statement.expiresAt());
  }

  /// Fails with 409 `delegation-expired` where the channel's agents would refuse what is started
  /// now. Within the caller's session.
  public Uni<Void> requireBelieved(ChannelState state) {
    return DelegationRow.of(state.appId().text())
        .chain(
            rows ->
                rows.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : certificates
                        .revoked(state.appId())
                        .invoke(revoked -> requireBelieved(state, rows, revoked))
                        .replaceWithVoid());
  }

  private void requireBelieved(ChannelState state, List<DelegationRow> rows, List<Digest> revoked) {
    var all = rows.stream().map(DelegationRow::delegation).toList();
    var channel = state.channel().text();
    if (StatementRules.isLapsed(all, held(rows, revoked), channel, clock.instant())) {
      throw Refusal.of(
          409,
          "delegation-expired",
          "The publisher's delegation for this channel has ended or was taken back: agents would"
              + " not believe what is started now. The publisher makes the next one with: ./slipway"
              + " delegation create --app "
              + state.appId(),
          Map.of("channel", state.channel(), "expired_at", rows.getFirst().expiresAt));
    }
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
        Base64.getUrlEncoder().withoutPadding().encodeToString(key.key().getEncoded()));
  }
}
