package dev.slipway.contracts.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rollout as its people see it: all but the salt of its cohorts.
 *
 * @param baseline what the channel served when it started; before that, what it serves now
 * @param epoch the channel's epoch at the rollout's last change
 * @param stage index of the current stage in {@code stages}, from 0
 * @param exposure the share of the eligible devices that are offered the version; none before it
 *     started
 * @param maxDevices where the size of the fleet is not known: the stage ends for newcomers at this
 *     many devices
 * @param full whether it has ended for newcomers for that reason
 * @param targeting conditions that a device must meet; all of them
 * @param startAt when it is to start
 * @param opensNextAt when the next stage opens by itself; absent while it waits for reports or for
 *     a person
 * @param asksPerson whether the time to decide by has passed without an answer
 * @param supersedes the rollout whose place it took
 * @param verdict the newest word of telemetry
 * @param cause of the last change
 */
public record RolloutView(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    Version version,
    Version baseline,
    RolloutState state,
    long epoch,
    List<Stage> stages,
    int stage,
    Exposure exposure,
    @Nullable Long maxDevices,
    boolean full,
    List<Condition> targeting,
    Policy policy,
    Instant createdAt,
    @Nullable Instant startAt,
    @Nullable Instant startedAt,
    @Nullable Instant stageEnteredAt,
    @Nullable Instant opensNextAt,
    @Nullable Instant endedAt,
    boolean asksPerson,
    @Nullable RolloutId supersedes,
    @Nullable Verdict verdict,
    Cause cause) {
  public RolloutView {
    stages = List.copyOf(stages);
    targeting = List.copyOf(targeting);
  }
}
