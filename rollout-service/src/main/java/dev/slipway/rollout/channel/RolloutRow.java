package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.plan.Channel;
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

  @Column(name = "started_at")
  public Instant startedAt;

  @Column(name = "due_at")
  public @Nullable Instant dueAt;

  public String rollout;

  @Column(name = "verdict_partition")
  public @Nullable Integer verdictPartition;

  @Column(name = "verdict_offset")
  public @Nullable Long verdictOffset;

  static RolloutRow of(Channel channel, Rollout rollout) {
    var row = new RolloutRow();
    row.id = rollout.id().text();
    row.appId = channel.appId().text();
    row.channelKey = channel.state().key();
    row.startedAt = rollout.startedAt();
    row.take(rollout);
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

  /// The channel's active rollout, else its last one.
  static Uni<Optional<RolloutRow>> latest(String channelKey) {
    return RolloutRow.<RolloutRow>find("channelKey = ?1 order by startedAt desc", channelKey)
        .page(0, 1)
        .list()
        .map(rows -> rows.stream().findFirst());
  }

  /// The channels with a rollout whose next stage is due.
  static Uni<List<String>> dueChannels(Instant now, int atMost) {
    return RolloutRow.<RolloutRow>find("dueAt <= ?1 order by dueAt", now)
        .page(0, atMost)
        .list()
        .map(rows -> rows.stream().map(row -> row.channelKey).toList());
  }

  void take(Rollout changed) {
    state = changed.state();
    dueAt = changed.opensNextAt().orElse(null);
    rollout = StoredJson.write(changed);
  }

  Rollout rollout() {
    return StoredJson.read(rollout, Rollout.class);
  }
}
