package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import java.time.Instant;
import java.util.List;

/**
 * What happened to a rollout. Written by the rollout service on {@code rollout-events} in the
 * transaction that made it true, key: {@code app/channel}. A repeat has the same epoch and type,
 * and means nothing new.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = RolloutEvent.RolloutStarted.class, name = "rollout-started"),
  @JsonSubTypes.Type(value = RolloutEvent.StageEntered.class, name = "stage-entered"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutPaused.class, name = "rollout-paused"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutResumed.class, name = "rollout-resumed"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutCompleted.class, name = "rollout-completed"),
  @JsonSubTypes.Type(value = RolloutEvent.RolledBack.class, name = "rolled-back")
})
public sealed interface RolloutEvent {

  /** Which rollout, on which channel, with which epoch, when and why. */
  Subject subject();

  Cause cause();

  /** What an event is about. */
  record Subject(
      AppId appId,
      ChannelName channel,
      RolloutId rolloutId,
      Version version,
      long epoch,
      Instant at) {}

  /** It was started with this plan; its first stage is a {@link StageEntered} of its own. */
  record RolloutStarted(
      Subject subject, Version baseline, List<Stage> stages, Policy policy, Cause cause)
      implements RolloutEvent {
    public RolloutStarted {
      stages = List.copyOf(stages);
    }
  }

  /** More devices are offered the version. */
  record StageEntered(Subject subject, int stage, Exposure exposure, Cause cause)
      implements RolloutEvent {}

  /** Offered to nobody new; those who run it keep it. */
  record RolloutPaused(Subject subject, Cause cause) implements RolloutEvent {}

  record RolloutResumed(Subject subject, Cause cause) implements RolloutEvent {}

  /** The version is the channel's baseline now. */
  record RolloutCompleted(Subject subject, Version previousBaseline, Cause cause)
      implements RolloutEvent {}

  /** Every device on the version is offered the baseline at its next check. */
  record RolledBack(Subject subject, Version baseline, Cause cause) implements RolloutEvent {}
}
