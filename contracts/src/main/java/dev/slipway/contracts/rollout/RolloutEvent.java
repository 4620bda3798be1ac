package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a channel or to a rollout on it. Written by the rollout service on {@code
 * rollout-events} in the transaction that made it true, key: {@code app/channel}. All that is
 * decided about a channel is the sum of its events: who replays them has its state, but for the
 * secret salts of its cohorts. A repeat has the same epoch, type and rollout, and means nothing
 * new.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = RolloutEvent.ChannelOpened.class, name = "channel-opened"),
  @JsonSubTypes.Type(
      value = RolloutEvent.ChannelRulesChanged.class,
      name = "channel-rules-changed"),
  @JsonSubTypes.Type(value = RolloutEvent.ChannelDeleted.class, name = "channel-deleted"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutDrafted.class, name = "rollout-drafted"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutSubmitted.class, name = "rollout-submitted"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutApproved.class, name = "rollout-approved"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutScheduled.class, name = "rollout-scheduled"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutReturned.class, name = "rollout-returned"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutStarted.class, name = "rollout-started"),
  @JsonSubTypes.Type(value = RolloutEvent.StageEntered.class, name = "stage-entered"),
  @JsonSubTypes.Type(value = RolloutEvent.StageFilled.class, name = "stage-filled"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutPaused.class, name = "rollout-paused"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutResumed.class, name = "rollout-resumed"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutCompleted.class, name = "rollout-completed"),
  @JsonSubTypes.Type(value = RolloutEvent.RolledBack.class, name = "rolled-back"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutCancelled.class, name = "rollout-cancelled"),
  @JsonSubTypes.Type(value = RolloutEvent.RolloutSuperseded.class, name = "rollout-superseded"),
  @JsonSubTypes.Type(value = RolloutEvent.VersionQuarantined.class, name = "version-quarantined"),
  @JsonSubTypes.Type(value = RolloutEvent.BaselineReplaced.class, name = "baseline-replaced"),
  @JsonSubTypes.Type(value = RolloutEvent.RetryAllowed.class, name = "retry-allowed"),
  @JsonSubTypes.Type(value = RolloutEvent.AlertRaised.class, name = "alert-raised")
})
public sealed interface RolloutEvent {

  /** Which rollout, on which channel, with which epoch, and when. */
  Subject subject();

  /** Who or what brought it about, and why. */
  Cause cause();

  /**
   * What an event is about.
   *
   * @param rolloutId absent where it is about the channel
   * @param version of the rollout, or the one that was quarantined; absent where it is about the
   *     channel
   * @param epoch of the channel from then on
   */
  record Subject(
      AppId appId,
      ChannelName channel,
      @Nullable RolloutId rolloutId,
      @Nullable Version version,
      long epoch,
      Instant at) {}

  /** A channel began, with the store's build as its baseline; or began again. */
  record ChannelOpened(Subject subject, ChannelRules rules, Cause cause) implements RolloutEvent {}

  /** It serves other devices. */
  record ChannelRulesChanged(Subject subject, ChannelRules rules, Cause cause)
      implements RolloutEvent {}

  /** It serves nobody any more. */
  record ChannelDeleted(Subject subject, Cause cause) implements RolloutEvent {}

  /**
   * A rollout was written down.
   *
   * @param startAt when it is to start once it is scheduled
   */
  record RolloutDrafted(
      Subject subject,
      List<Stage> stages,
      Policy policy,
      List<Condition> targeting,
      @Nullable Instant startAt,
      Cause cause)
      implements RolloutEvent {
    public RolloutDrafted {
      stages = List.copyOf(stages);
      targeting = List.copyOf(targeting);
    }
  }

  /** A second person is asked to agree. */
  record RolloutSubmitted(Subject subject, Cause cause) implements RolloutEvent {}

  /** A second person agreed; that it is scheduled or started is an event of its own. */
  record RolloutApproved(Subject subject, Cause cause) implements RolloutEvent {}

  /** It starts by itself at this time. */
  record RolloutScheduled(Subject subject, Instant startAt, Cause cause) implements RolloutEvent {}

  /**
   * It is a draft again: a second person did not agree, or it could not start at its time.
   *
   * @param detail why, for people
   */
  record RolloutReturned(Subject subject, String detail, Cause cause) implements RolloutEvent {}

  /**
   * It was started with this plan; its first stage is a {@link StageEntered} of its own.
   *
   * @param baseline what the channel serves to everybody else
   * @param supersedes the rollout whose place it took, and whose cohorts it keeps
   */
  record RolloutStarted(
      Subject subject,
      Version baseline,
      List<Stage> stages,
      Policy policy,
      List<Condition> targeting,
      @Nullable RolloutId supersedes,
      Cause cause)
      implements RolloutEvent {
    public RolloutStarted {
      stages = List.copyOf(stages);
      targeting = List.copyOf(targeting);
    }
  }

  /** Why a stage opened, or an open one widened. */
  enum Opening {
    /** The rollout started. */
    START,
    /** A person said so. */
    ORDER,
    /** Its gate is time alone, and the hold was over. */
    TIME,
    /** The promotion gate opened. */
    EVIDENCE,
    /** All devices of the stage had their try and none spoke against it: at most twice as wide. */
    USED_UP,
    /** The size of the fleet became known, and with it the share that a number of devices is. */
    SIZE_KNOWN
  }

  /**
   * More devices are offered the version.
   *
   * @param stage index in the plan, from 0; stages that would add nobody are left out
   * @param exposure the share of the eligible devices from now on
   * @param maxDevices where the size of the fleet is not known: after how many devices it ends for
   *     newcomers
   */
  record StageEntered(
      Subject subject,
      int stage,
      Exposure exposure,
      @Nullable Long maxDevices,
      Opening opening,
      Cause cause)
      implements RolloutEvent {}

  /**
   * As many devices as the stage is meant for have tried the version: it is offered to nobody new.
   *
   * @param devices that tried it
   */
  record StageFilled(Subject subject, int stage, long devices, Cause cause)
      implements RolloutEvent {}

  /** Offered to nobody new; those who run it keep it. */
  record RolloutPaused(Subject subject, Cause cause) implements RolloutEvent {}

  /**
   * It goes on.
   *
   * @param overruled the judgement in whose face a person resumed it: it pauses the rollout no more
   */
  record RolloutResumed(Subject subject, Verdict.@Nullable Health overruled, Cause cause)
      implements RolloutEvent {}

  /** The version is the channel's baseline now. */
  record RolloutCompleted(Subject subject, Version previousBaseline, Cause cause)
      implements RolloutEvent {}

  /** Every device on the version is offered the baseline at its next check. */
  record RolledBack(Subject subject, Version baseline, Cause cause) implements RolloutEvent {}

  /** It was given up before any device was offered the version. */
  record RolloutCancelled(Subject subject, Cause cause) implements RolloutEvent {}

  /** Another rollout took its place; devices on its version keep it until that one reaches them. */
  record RolloutSuperseded(Subject subject, RolloutId successor, Cause cause)
      implements RolloutEvent {}

  /** The version is never offered again on this channel. */
  record VersionQuarantined(Subject subject, Cause cause) implements RolloutEvent {}

  /** The baseline was quarantined; the channel serves another one. */
  record BaselineReplaced(Subject subject, Version baseline, Version previousBaseline, Cause cause)
      implements RolloutEvent {}

  /** Devices on which a version failed before this instant may try it again. */
  record RetryAllowed(Subject subject, Instant retryFrom, Cause cause) implements RolloutEvent {}

  /** What a person should look at. */
  enum Alert {
    /** Both arms fail: something else than the release is wrong. */
    INCIDENT,
    UNHEALTHY,
    FETCH_FAILING,
    SILENT,
    DEGRADED,
    /** The stage has been without an answer for as long as its policy allows. */
    DECISION_DUE,
    /** The reports ask for a rollback, and there is nothing to roll back to. */
    ROLLBACK_IMPOSSIBLE,
    /** The policy asks for a quarantine, and the version is the baseline of other channels. */
    QUARANTINE_REFUSED
  }

  /**
   * Something to look at; what was done about it is an event of its own.
   *
   * @param detail for people
   */
  record AlertRaised(Subject subject, Alert alert, String detail, Cause cause)
      implements RolloutEvent {}
}
