package dev.slipway.contracts.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The whole plan of one channel: all that delivery needs to answer a device, and telemetry to judge
 * a rollout. Written by the rollout service on {@code channel-states}, key: {@code app/channel}.
 *
 * @param revision rises each time the state is said: with each order, and with each renewed
 *     statement, which is none
 * @param epoch rises with each order: max(previous + 1, now in ms), so that it also rises after a
 *     restore
 * @param baseline what everybody gets who is not exposed; {@link Version#BUILTIN} where nothing was
 *     completed yet
 * @param previousBaseline what the baseline was before
 * @param rollout the one that is running or paused
 * @param hold versions whose devices keep them: they are told "nothing new"
 * @param quarantined versions that are never offered again
 * @param retryFrom devices on which a version failed before this instant may try it again
 * @param statement what agents are shown to prove that these versions are meant for them; absent
 *     while no delegation by the publisher is known
 */
public record ChannelState(
    AppId appId,
    ChannelName channel,
    long revision,
    long epoch,
    Version baseline,
    @Nullable Version previousBaseline,
    @Nullable ActiveRollout rollout,
    Set<Version> hold,
    Set<Version> quarantined,
    ChannelRules rules,
    @Nullable Instant retryFrom,
    @Nullable Statement statement,
    Instant changedAt)
    implements State {

  public ChannelState {
    hold = Set.copyOf(hold);
    quarantined = Set.copyOf(quarantined);
  }

  /** A channel that is said for the first time since its last order. */
  public ChannelState(
      AppId appId,
      ChannelName channel,
      long epoch,
      Version baseline,
      @Nullable Version previousBaseline,
      @Nullable ActiveRollout rollout,
      Set<Version> hold,
      Set<Version> quarantined,
      ChannelRules rules,
      @Nullable Instant retryFrom,
      @Nullable Statement statement,
      Instant changedAt) {
    this(
        appId,
        channel,
        epoch,
        epoch,
        baseline,
        previousBaseline,
        rollout,
        hold,
        quarantined,
        rules,
        retryFrom,
        statement,
        changedAt);
  }

  /** A channel without anything optional. */
  public ChannelState(
      AppId appId,
      ChannelName channel,
      long epoch,
      Version baseline,
      @Nullable Version previousBaseline,
      @Nullable ActiveRollout rollout,
      Set<Version> hold,
      Set<Version> quarantined,
      ChannelRules rules,
      Instant changedAt) {
    this(
        appId,
        channel,
        epoch,
        baseline,
        previousBaseline,
        rollout,
        hold,
        quarantined,
        rules,
        null,
        null,
        changedAt);
  }

  /**
   * The release statement of a channel, for agents.
   *
   * @param jws the signed statement, compact serialisation
   * @param delegations by which publishers' leaves named its signer, compact serialisation
   * @param seq rises with each statement
   */
  public record Statement(String jws, List<String> delegations, long seq, Instant expiresAt) {
    public Statement {
      delegations = List.copyOf(delegations);
    }
  }

  /**
   * A rollout that is under way.
   *
   * @param salt 16 secret random bytes, which draw its cohorts; base64url
   * @param exposure the share of devices that are offered the version now
   * @param control the share that stays unexposed until the final stage
   * @param stage index of the current stage, from 0
   * @param paused offered to nobody new
   * @param targeting conditions that a device must meet to be part of it; all of them
   * @param maxDevices the stage ends for newcomers at this many devices, where the size of the
   *     fleet was unknown when it began
   */
  public record ActiveRollout(
      RolloutId rolloutId,
      Version version,
      String salt,
      Exposure exposure,
      Exposure control,
      int stage,
      boolean paused,
      Policy policy,
      List<Condition> targeting,
      @Nullable Long maxDevices,
      Instant startedAt) {
    public ActiveRollout {
      targeting = List.copyOf(targeting);
    }

    /** A rollout for every device of the channel. */
    public ActiveRollout(
        RolloutId rolloutId,
        Version version,
        String salt,
        Exposure exposure,
        Exposure control,
        int stage,
        boolean paused,
        Policy policy,
        Instant startedAt) {
      this(
          rolloutId, version, salt, exposure, control, stage, paused, policy, List.of(), null,
          startedAt);
    }
  }

  /** The same, said anew with what agents are shown. */
  public ChannelState said(long newRevision, @Nullable Statement newStatement) {
    return new ChannelState(
        appId,
        channel,
        newRevision,
        epoch,
        baseline,
        previousBaseline,
        rollout,
        hold,
        quarantined,
        rules,
        retryFrom,
        newStatement,
        changedAt);
  }

  /** The record's key. */
  public String key() {
    return key(appId, channel);
  }

  public static String key(AppId app, ChannelName channel) {
    return app + "/" + channel;
  }
}
