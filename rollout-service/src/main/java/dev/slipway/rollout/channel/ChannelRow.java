package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Rollout;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A channel's row, which is locked before anything about the channel is decided.
@Entity
@Table(name = "channel")
@SuppressWarnings("NullAway.Init")
public class ChannelRow extends PanacheEntityBase {

  /// `app/channel`, as on the topic.
  @Id public String key;

  @Column(name = "app_id")
  public String appId;

  public String name;
  public long epoch;

  /// Of the state as it was said last: rises where the epoch does, and with each renewed statement.
  public long revision;

  public String baseline;

  @Column(name = "previous_baseline")
  public @Nullable String previousBaseline;

  public String superseded;
  public String quarantined;
  public String rules;

  @Column(name = "retry_from")
  public @Nullable Instant retryFrom;

  @Column(name = "deleted_at")
  public @Nullable Instant deletedAt;

  @Column(name = "active_rollout")
  public @Nullable String activeRollout;

  @Column(name = "changed_at")
  public Instant changedAt;

  /// When the state was said last: with the last change, unless it was said again since.
  @Column(name = "said_at")
  public Instant saidAt;

  static ChannelRow of(Channel channel) {
    var row = new ChannelRow();
    row.key = channel.key();
    row.appId = channel.appId().text();
    row.name = channel.name().text();
    row.take(channel);
    return row;
  }

  /// Nobody else decides on the channel until the transaction ends.
  static Uni<Optional<ChannelRow>> locked(String key) {
    return ChannelRow.<ChannelRow>findById(key, LockModeType.PESSIMISTIC_WRITE)
        .map(Optional::ofNullable);
  }

  /// The same for all channels of an app, in the order of their names: whoever wants several of
  /// them takes them in the same order.
  static Uni<List<ChannelRow>> allLocked(AppId app) {
    return ChannelRow.<ChannelRow>find("appId = ?1 and deletedAt is null order by key", app.text())
        .withLock(LockModeType.PESSIMISTIC_WRITE)
        .list();
  }

  /// The revision under which the state is said now.
  long nextRevision(Instant now) {
    revision = Math.max(revision + 1, Math.max(epoch, now.toEpochMilli()));
    return revision;
  }

  /// The open channels of an app, by name. Not locked.
  public static Uni<List<ChannelRow>> open(AppId app) {
    return ChannelRow.<ChannelRow>find("appId = ?1 and deletedAt is null order by name", app.text())
        .list();
  }

  boolean isDeleted() {
    return deletedAt != null;
  }

  void take(Channel channel) {
    epoch = channel.epoch();
    baseline = channel.baseline().text();
    var previous = channel.previousBaseline();
    previousBaseline = previous == null ? null : previous.text();
    superseded = written(channel.superseded());
    quarantined = written(channel.quarantined());
    retryFrom = channel.retryFrom();
    deletedAt = channel.deletedAt();
    rules = StoredJson.write(channel.rules());
    var active = channel.active();
    activeRollout = active == null ? null : active.text();
    changedAt = channel.changedAt();
    saidAt = changedAt;
  }

  /// The channel with these rollouts at hand.
  Channel with(Collection<Rollout> rollouts) {
    return new Channel(
        AppId.of(appId),
        ChannelName.of(name),
        epoch,
        Version.of(baseline),
        previousBaseline == null ? null : Version.of(previousBaseline),
        read(superseded),
        read(quarantined),
        StoredJson.read(rules, ChannelRules.class),
        retryFrom,
        deletedAt,
        activeRollout == null ? null : RolloutId.of(activeRollout),
        rollouts.stream().collect(Collectors.toMap(Rollout::id, rollout -> rollout)),
        changedAt);
  }

  private static String written(Set<Version> versions) {
    return StoredJson.write(versions.stream().map(Version::text).sorted().toList());
  }

  private static Set<Version> read(String versions) {
    return Stream.of(StoredJson.read(versions, Version[].class)).collect(Collectors.toSet());
  }
}
