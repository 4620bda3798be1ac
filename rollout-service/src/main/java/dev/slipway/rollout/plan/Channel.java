package dev.slipway.rollout.plan;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.RolloutState;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A channel of an app with the rollout at hand: what orders are decided on, and locked as a whole.
///
/// @param epoch rises with each accepted order that changes what devices are told
/// @param active the rollout under way, if there is one
/// @param rollout the rollout at hand: the active one, unless an order is about an ended one
public record Channel(
    AppId appId,
    ChannelName name,
    long epoch,
    Version baseline,
    @Nullable Version previousBaseline,
    Set<Version> quarantined,
    ChannelRules rules,
    @Nullable RolloutId active,
    @Nullable Rollout rollout,
    Instant changedAt) {

  public Channel {
    quarantined = Set.copyOf(quarantined);
  }

  /// A new channel, which serves what the store delivered.
  public static Channel open(AppId app, ChannelName name, ChannelRules rules, Instant now) {
    return new Channel(
        app, name, now.toEpochMilli(), Version.BUILTIN, null, Set.of(), rules, null, null, now);
  }

  /// Versions whose devices keep them: that of a paused rollout.
  public Set<Version> hold() {
    return rollout != null && rollout.state() == RolloutState.PAUSED
        ? Set.of(rollout.version())
        : Set.of();
  }

  /// What the other services are told.
  public ChannelState state() {
    return new ChannelState(
        appId,
        name,
        epoch,
        baseline,
        previousBaseline,
        rollout != null && rollout.state().isActive() ? activeRollout(rollout) : null,
        hold(),
        quarantined,
        rules,
        changedAt);
  }

  /// The next epoch. It follows the clock, so that it also rises after a restore of older data.
  long nextEpoch(Instant now) {
    return Math.max(epoch + 1, now.toEpochMilli());
  }

  Channel withRules(ChannelRules changed, Instant now) {
    return new Channel(
        appId,
        name,
        nextEpoch(now),
        baseline,
        previousBaseline,
        quarantined,
        changed,
        active,
        rollout,
        now);
  }

  /// With the rollout as it is after a change, which set its epoch.
  Channel with(Rollout changed, Instant now) {
    return with(changed, baseline, previousBaseline, now);
  }

  Channel with(Rollout changed, Version newBaseline, @Nullable Version newPrevious, Instant now) {
    return new Channel(
        appId,
        name,
        changed.progress().epoch(),
        newBaseline,
        newPrevious,
        quarantined,
        rules,
        changed.state().isActive() ? changed.id() : null,
        changed,
        now);
  }

  /// With a rollout that knows more, but is where it was.
  Channel knowing(Rollout told) {
    return new Channel(
        appId,
        name,
        epoch,
        baseline,
        previousBaseline,
        quarantined,
        rules,
        active,
        told,
        changedAt);
  }

  private static ActiveRollout activeRollout(Rollout rollout) {
    return new ActiveRollout(
        rollout.id(),
        rollout.version(),
        rollout.salt().text(),
        rollout.exposure(),
        Stages.CONTROL,
        rollout.progress().stage(),
        rollout.state() == RolloutState.PAUSED,
        rollout.policy(),
        rollout.startedAt());
  }
}
