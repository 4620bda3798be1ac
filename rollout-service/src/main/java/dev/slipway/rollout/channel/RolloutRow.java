package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Phase;
import dev.slipway.rollout.plan.Rollout;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A rollout's row. The lock of its channel guards it.
@Entity
@Table(name = "rollout")
@SuppressWarnings("NullAway.Init")
public class RolloutRow extends PanacheEntityBase {

  @Id public String id;

  @Column(name = "app_id")
  public String appId;

  @Column(name = "channel_key")
  public String channelKey;

  @Enumerated(EnumType.STRING)
  public RolloutState state;

  @Column(name = "created_at")
  public Instant createdAt;

  /// Absent before it started.
  @Column(name = "started_at")
  public @Nullable Instant startedAt;

  @Column(name = "due_at")
  public @Nullable Instant dueAt;

  public String rollout;

  static RolloutRow of(Channel channel, Rollout rollout, Instant now) {
    var row = new RolloutRow();
    row.id = rollout.id().text();
    row.appId = channel.appId().text();
    row.channelKey = channel.key();
    row.createdAt = rollout.createdAt();
    row.take(rollout, now);
    return row;
  }

  static Uni<Optional<RolloutRow>> find(RolloutId id) {
    return RolloutRow.<RolloutRow>findById(id.text()).map(Optional::ofNullable);
  }

  /// On which channel a rollout is. Reads no entity: that would be a rollout from before the lock.
  static Uni<Optional<String>> channelKey(AppId app, RolloutId id) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createSelectionQuery(
                        "select r.channelKey from RolloutRow r where r.id = :id and r.appId = :app",
                        String.class)
                    .setParameter("id", id.text())
                    .setParameter("app", app.text())
                    .getSingleResultOrNull())
        .map(Optional::ofNullable);
  }

  /// The last rollout of the channel that started.
  static Uni<Optional<RolloutRow>> latest(String channelKey) {
    return lastStarted(channelKey, 1).map(rows -> rows.stream().findFirst());
  }

  /// Those of the channel that started, the newest first.
  static Uni<List<RolloutRow>> lastStarted(String channelKey, int atMost) {
    return RolloutRow.<RolloutRow>find(
            "channelKey = ?1 and startedAt is not null order by startedAt desc, id desc",
            channelKey)
        .page(0, atMost)
        .list();
  }

  /// Those of the channel that did not start yet, the newest first.
  static Uni<List<RolloutRow>> waiting(String channelKey, int atMost) {
    return RolloutRow.<RolloutRow>find(
            "channelKey = ?1 and startedAt is null and state in ?2 order by createdAt desc, id desc",
            channelKey,
            List.of(RolloutState.DRAFT, RolloutState.AWAITING_APPROVAL, RolloutState.SCHEDULED))
        .page(0, atMost)
        .list();
  }

  /// Rollouts of an app, the newest first.
  ///
  /// @param after the last one of the part before
  static Uni<List<RolloutRow>> page(
      AppId app,
      @Nullable ChannelName channel,
      @Nullable RolloutState state,
      @Nullable RolloutId after,
      int size) {
    var query = new StringBuilder("appId = :app");
    var parameters = new HashMap<String, Object>();
    parameters.put("app", app.text());
    if (channel != null) {
      query.append(" and channelKey = :channel");
      parameters.put("channel", ChannelState.key(app, channel));
    }
    if (state != null) {
      query.append(" and state = :state");
      parameters.put("state", state);
    }
    if (after != null) {
      query.append(
          " and (createdAt < (select a.createdAt from RolloutRow a where a.id = :after)"
              + " or createdAt = (select a.createdAt from RolloutRow a where a.id = :after)"
              + " and id < :after)");
      parameters.put("after", after.text());
    }
    return RolloutRow.<RolloutRow>find(query + " order by createdAt desc, id desc", parameters)
        .page(0, size)
        .list();
  }

  /// Those of the channel that are to start by now, the earliest first.
  static Uni<List<RolloutRow>> toStart(String channelKey, Instant now) {
    return RolloutRow.<RolloutRow>find(
            "channelKey = ?1 and state = ?2 and dueAt <= ?3 order by dueAt",
            channelKey,
            RolloutState.SCHEDULED,
            now)
        .page(0, 1)
        .list();
  }

  /// The channels with a rollout that is to be looked at.
  static Uni<List<String>> dueChannels(Instant now, int atMost) {
    return RolloutRow.<RolloutRow>find(
            "dueAt <= ?1 and channelKey not in"
                + " (select c.key from ChannelRow c where c.deletedAt is not null) order by dueAt",
            now)
        .page(0, atMost)
        .list()
        .map(rows -> rows.stream().map(row -> row.channelKey).distinct().toList());
  }

  void take(Rollout changed, Instant now) {
    state = changed.state();
    startedAt = changed.phase().started().map(Phase.Run::startedAt).orElse(null);
    rollout = StoredJson.write(changed);
    dueAt = changed.dueAt(now).orElse(null);
  }

  void lookedAt(Rollout unchanged, Instant now) {
    dueAt = unchanged.dueAgainAt(now).orElse(null);
  }

  Rollout rollout() {
    return StoredJson.read(rollout, Rollout.class);
  }
}
