package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.Subject;
import dev.slipway.rollout.plan.Outcome.Accepted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The events of one decision as it is made: all of one time and epoch, each applied before the
/// next is thought of. For one thread.
final class Decision {

  private final long epoch;
  private final Instant now;
  private final List<RolloutEvent> events = new ArrayList<>();
  private Channel channel;

  Decision(Channel channel, Instant now) {
    this.channel = channel;
    this.epoch = channel.nextEpoch(now);
    this.now = now;
  }

  Channel channel() {
    return channel;
  }

  Instant now() {
    return now;
  }

  /// The rollout as it is by now.
  Rollout rollout(RolloutId id) {
    return channel.rollout(id).orElseThrow();
  }

  Subject about(Rollout rollout) {
    return about(rollout.id(), rollout.version());
  }

  Subject about(@Nullable RolloutId rollout, @Nullable Version version) {
    return new Subject(channel.appId(), channel.name(), rollout, version, epoch, now);
  }

  Decision add(RolloutEvent event) {
    channel = channel.apply(event);
    events.add(event);
    return this;
  }

  /// Gives the rollout what events do not carry.
  Decision salted(RolloutId rollout, Salt salt) {
    channel = channel.knowing(rollout(rollout).salted(salt));
    return this;
  }

  Accepted accepted() {
    return new Accepted(events, channel);
  }

  /// One event.
  static Accepted one(Channel channel, Instant now, Function<Decision, RolloutEvent> event) {
    var decision = new Decision(channel, now);
    return decision.add(event.apply(decision)).accepted();
  }

  /// An order that holds already.
  static Accepted unchanged(Channel channel) {
    return new Accepted(List.of(), channel);
  }
}
