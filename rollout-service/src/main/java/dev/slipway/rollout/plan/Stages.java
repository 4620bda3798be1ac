package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Reach;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// What a list of stages must be, how wide a stage is, and the stages that are used where nobody
/// gives any.
public final class Stages {

  /// The share that stays unexposed until the final stage, so that there is always somebody to
  /// compare with.
  public static final Exposure CONTROL = Exposure.of("10 %");

  /// The widest stage before the final one.
  static final Exposure WIDEST = new Exposure(Exposure.ALL.ppm() - CONTROL.ppm());

  /// Stages above this wait for the policy's soak time.
  static final Exposure SOAKED = Exposure.of("10 %");

  /// How wide a stage of so many devices opens while the size of the fleet is unknown; it stops at
  /// their number. Narrow, because what is counted comes some seconds late.
  static final Exposure UNKNOWN_SIZE = Exposure.of("1 %");

  static final int MOST = 20;
  static final Duration LONGEST_HOLD = Duration.ofDays(90);

  private static final Duration USUAL_HOLD = Duration.ofMinutes(15);

  public static final List<Stage> DEFAULT =
      List.of(usual("1000 devices"), usual("2 %"), usual("10 %"), usual("50 %"), usual("100 %"));

  private Stages() {}

  /// How wide a stage is.
  ///
  /// @param maxDevices where the share could only be guessed: stop at so many devices
  public record Width(Exposure exposure, @Nullable Long maxDevices) {}

  /// @param eligible devices, if that is known
  public static Width width(List<Stage> stages, int stage, Optional<Long> eligible) {
    return switch (stages.get(stage).exposure()) {
      case Exposure share -> new Width(share, null);
      case Reach.Devices(long count) ->
          eligible
              .map(devices -> new Width(share(count, devices), null))
              .orElseGet(() -> new Width(UNKNOWN_SIZE, count));
    };
  }

  /// The stage that follows one at this exposure: the next that adds somebody.
  public static OptionalInt next(
      List<Stage> stages, int stage, Exposure exposure, Optional<Long> eligible) {
    for (int i = stage + 1; i < stages.size(); i++) {
      if (width(stages, i, eligible).exposure().compareTo(exposure) > 0) return OptionalInt.of(i);
    }
    return OptionalInt.empty();
  }

  /// So many of so many devices, rounded up, short of the control's share.
  private static Exposure share(long count, long devices) {
    double ppm = Math.ceil((double) count / devices * Exposure.ALL.ppm());
    return new Exposure((int) Math.clamp(ppm, 1, WIDEST.ppm()));
  }

  /// Why these are no stages to roll out by.
  static Optional<Outcome.Refused> fault(List<Stage> stages) {
    if (stages.isEmpty()) return fault("a rollout has at least one stage", 0);
    if (stages.size() > MOST) return fault("a rollout has at most " + MOST + " stages", MOST);
    int last = stages.size() - 1;
    Exposure widest = Exposure.NONE;
    long most = 0;
    for (int i = 0; i <= last; i++) {
      boolean rises;
      switch (stages.get(i).exposure()) {
        case Exposure share -> {
          rises = share.compareTo(widest) > 0;
          widest = share;
        }
        case Reach.Devices(long count) -> {
          rises = count > most;
          most = count;
        }
      }
      if (!rises) return fault("each stage exposes more devices than the one before", i);
      if (i < last && widest.compareTo(WIDEST) > 0) {
        return fault(
            "no stage but the last is above " + WIDEST + ": " + CONTROL + " stay unexposed", i);
      }
      if (stages.get(i).hold().compareTo(LONGEST_HOLD) > 0) {
        return fault("a hold is at most " + LONGEST_HOLD.toDays() + " days", i);
      }
    }
    return stages.getLast().exposure().equals(Exposure.ALL)
        ? Optional.empty()
        : fault("the last stage is 100 %", last);
  }

  private static Optional<Outcome.Refused> fault(String detail, int stage) {
    return Optional.of(
        new Outcome.Refused(Reason.STAGES_INVALID, detail, Map.of("pointer", "/stages/" + stage)));
  }

  private static Stage usual(String reach) {
    return new Stage(Reach.of(reach), USUAL_HOLD, Gate.EVIDENCE);
  }
}
