package dev.slipway.telemetry.verdict;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.decisions.Judge;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// By what a rollout is judged. Fixed when it starts, and kept with its evidence, so that it is
/// known after the rollout left the channel's state.
///
/// @param usualHealth share of device-days with a failure that is usual of the app
public record Terms(Version version, Policy policy, double usualHealth, Instant startedAt) {

  /// The terms of a rollout, if it is the channel's active one or its events were heard of.
  public static Optional<Terms> of(
      RolloutId rolloutId,
      @Nullable ChannelState channel,
      @Nullable Course course,
      double usualHealth) {
    var rollout = channel == null ? null : channel.rollout();
    if (rollout != null && rollout.rolloutId().equals(rolloutId)) {
      return Optional.of(
          new Terms(rollout.version(), rollout.policy(), usualHealth, rollout.startedAt()));
    }
    if (course == null) return Optional.empty();
    var policy = course.policy();
    var startedAt = course.startedAt();
    return policy == null || startedAt == null
        ? Optional.empty()
        : Optional.of(new Terms(course.version(), policy, usualHealth, startedAt));
  }

  /// Names these terms and the rules that apply them.
  public String digest() {
    return Judge.digest(policy, usualHealth);
  }
}
