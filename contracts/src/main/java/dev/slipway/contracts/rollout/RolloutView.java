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
 * @param epoch the channel's epoch at the rollout's last change
 * @param stage index of the current stage in {@code stages}, from 0
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
    Policy policy,
    Instant startedAt,
    Instant stageEnteredAt,
    @Nullable Instant endedAt,
    @Nullable Verdict verdict,
    Cause cause) {
  public RolloutView {
    stages = List.copyOf(stages);
  }

  /** The share of devices that the current stage exposes. */
  public Exposure exposure() {
    return stages.get(stage).exposure();
  }
}
