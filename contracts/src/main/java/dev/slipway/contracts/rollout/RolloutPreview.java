package dev.slipway.contracts.rollout;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a rollout would do. Nothing has happened.
 *
 * @param eligible devices of the channel that the targeting lets in, estimated from those that were
 *     seen within the last days; absent while none was seen
 * @param upperBound whether the targeting asks for more than the estimate knows of, so that there
 *     may be fewer
 * @param refusal why it could not be started now, for people; absent if it could
 * @param overlaps with the cohorts of the channel's recent rollouts
 * @param warnings for people
 */
public record RolloutPreview(
    Version version,
    @Nullable Long eligible,
    boolean upperBound,
    Policy policy,
    List<PreviewStage> stages,
    List<Overlap> overlaps,
    @Nullable String refusal,
    List<String> warnings) {

  public RolloutPreview {
    stages = List.copyOf(stages);
    overlaps = List.copyOf(overlaps);
    warnings = List.copyOf(warnings);
  }

  /**
   * One stage.
   *
   * @param reach as it was given
   * @param exposure the share that this is
   * @param devices how many devices are exposed in this stage, all together; absent while the size
   *     of the fleet is unknown and the stage is a share
   * @param skipped whether it would add nobody, and so is left out
   * @param catches what becomes of releases that fail at certain rates
   */
  public record PreviewStage(
      int stage,
      Reach reach,
      Exposure exposure,
      @Nullable Long devices,
      boolean skipped,
      List<Catch> catches) {
    public PreviewStage {
      catches = List.copyOf(catches);
    }
  }

  /**
   * A release of which this share of starts fails.
   *
   * @param caught the chance that it is condemned by the end of the stage, if all of its devices
   *     try it
   * @param broken devices on which it has failed by then, on average
   */
  public record Catch(double failureRate, double caught, double broken) {}

  /**
   * A recent rollout.
   *
   * @param exposure how far it came
   * @param shared for each stage: which share of its devices was exposed to that rollout as well
   */
  public record Overlap(
      RolloutId rolloutId,
      ChannelName channel,
      Version version,
      RolloutState state,
      Exposure exposure,
      List<Double> shared) {
    public Overlap {
      shared = List.copyOf(shared);
    }
  }
}
