package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a list of stages must be, and the one that is used where nobody gives one.
public final class Stages {

  /// The share that stays unexposed until the final stage, so that there is always somebody to
  /// compare with.
  public static final Exposure CONTROL = Exposure.of("10 %");

  /// The widest stage before the final one.
  static final Exposure WIDEST = new Exposure(Exposure.ALL.ppm() - CONTROL.ppm());

  /// Stages above this wait for the policy's soak time.
  static final Exposure SOAKED = Exposure.of("10 %");

  static final int MOST = 20;
  static final Duration LONGEST_HOLD = Duration.ofDays(90);

  private static final Duration USUAL_HOLD = Duration.ofMinutes(15);

  public static final List<Stage> DEFAULT =
      List.of(usual("1 %"), usual("10 %"), usual("50 %"), usual("100 %"));

  private Stages() {}

  /// Why these are no stages to roll out by.
  static Optional<Outcome.Refused> fault(List<Stage> stages) {
    if (stages.isEmpty()) return fault("a rollout has at least one stage", 0);
    if (stages.size() > MOST) return fault("a rollout has at most " + MOST + " stages", MOST);
    int last = stages.size() - 1;
    for (int i = 0; i <= last; i++) {
      var stage = stages.get(i);
      if (i > 0 && stage.exposure().compareTo(stages.get(i - 1).exposure()) <= 0) {
        return fault("each stage exposes more devices than the one before", i);
      }
      if (i < last && stage.exposure().compareTo(WIDEST) > 0) {
        return fault(
            "no stage but the last is above " + WIDEST + ": " + CONTROL + " stay unexposed", i);
      }
      if (stage.hold().compareTo(LONGEST_HOLD) > 0) {
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

  private static Stage usual(String exposure) {
    return new Stage(Exposure.of(exposure), USUAL_HOLD, Gate.EVIDENCE);
  }
}
