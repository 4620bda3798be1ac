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
  public String baseline;

  @Column(name = "previous_baseline")
  public @Nullable String previousBaseline;

  public String quarantined;
  public String rules;

  @Column(name = "active_rollout")
  public @Nullable String activeRollout;

  @Column(name = "changed_at")
  public Instant changedAt;

  static ChannelRow of(Channel channel) {
    var row = new ChannelRow();
    row.key = channel.state().key();
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

  void take(Channel channel) {
    epoch = channel.epoch();
    baseline = channel.baseline().text();
    var previous = channel.previousBaseline();
    previousBaseline = previous == null ? null : previous.text();
    quarantined =
        StoredJson.write(channel.quarantined().stream().map(Version::text).sorted().toList());
    rules = StoredJson.write(channel.rules());
    var active = channel.active();
    activeRollout = active == null ? null : active.text();
    changedAt = channel.changedAt();
  }

  /// The channel with this rollout at hand.
  Channel with(@Nullable Rollout rollout) {
    return new Channel(
        AppId.of(appId),
        ChannelName.of(name),
        epoch,
        Version.of(baseline),
        previousBaseline == null ? null : Version.of(previousBaseline),
        quarantined(),
        StoredJson.read(rules, ChannelRules.class),
        activeRollout == null ? null : RolloutId.of(activeRollout),
        rollout,
        changedAt);
  }

  private Set<Version> quarantined() {
    return Stream.of(StoredJson.read(quarantined, Version[].class)).collect(Collectors.toSet());
  }
}
