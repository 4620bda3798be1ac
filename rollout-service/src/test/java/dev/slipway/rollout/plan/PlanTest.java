package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.HOLD;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.V2;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.advance;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.facts;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.pause;
import static dev.slipway.rollout.plan.Samples.refused;
import static dev.slipway.rollout.plan.Samples.resume;
import static dev.slipway.rollout.plan.Samples.rollBack;
import static dev.slipway.rollout.plan.Samples.rollout;
import static dev.slipway.rollout.plan.Samples.running;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.start;
import static dev.slipway.rollout.plan.Samples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelRulesChanged;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCompleted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutResumed;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Facts.Release;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlanTest {

  private static final Instant LATER = T0.plus(HOLD);
  private static final Duration SOAK = Policy.CAUTIOUS.minSoak();

  @ParameterizedTest
  @EnumSource(
      value = RolloutState.class,
      names = {"RUNNING", "PAUSED", "COMPLETED", "ROLLED_BACK"})
  void theClockAloneOpensNothingBehindAnEvidenceGate(RolloutState state) {
    var before = in(state);
    assertThat(after(before, new Order.ClockTick(), T0.plus(SOAK).plus(SOAK))).isEqualTo(before);
  }

  @Test
  void aStartSaysWhatWasAgreedAndEntersTheFirstStage() {
    var order = start(V1, stages(Gate.EVIDENCE));

    var accepted = accepted(channel(), order, T0);

    assertThat(accepted.events()).hasSize(2);
    var started = (RolloutStarted) accepted.events().get(0);
    var entered = (StageEntered) accepted.events().get(1);
    assertThat(started.baseline()).isEqualTo(Version.BUILTIN);
    assertThat(started.stages()).isEqualTo(order.proposal().stages());
    assertThat(started.subject()).isEqualTo(entered.subject());
    assertThat(entered.exposure()).isEqualTo(Exposure.of("1 %"));
    var state = accepted.channel().state();
    assertThat(state.baseline()).isEqualTo(Version.BUILTIN);
    assertThat(state.rollout().exposure()).isEqualTo(Exposure.of("1 %"));
    assertThat(state.rollout().control()).isEqualTo(Exposure.of("10 %"));
    assertThat(state.rollout().salt()).isEqualTo(order.proposal().salt().text());
    assertThat(state.epoch()).isEqualTo(T0.toEpochMilli());
    assertThat(state.hold()).isEmpty();
  }

  @Test
  void theEpochRisesEvenIfTheClockFallsBack() {
    var before = running(Gate.EVIDENCE);
    var paused = after(before, pause(before), T0.minus(Duration.ofDays(1)));
    assertThat(paused.epoch()).isEqualTo(before.epoch() + 1);
  }

  @Nested
  class RefusedStarts {
    @ParameterizedTest
    @EnumSource(
        value = Publication.class,
        names = {"UNKNOWN", "WITHDRAWN"})
    void aVersionThatIngestDoesNotHave(Publication publication) {
      var refused =
          refused(
              channel(), start(V1, stages(Gate.TIME)), facts(V1, new Release(publication, 0)), T0);
      assertThat(refused.reason())
          .isEqualTo(
              publication == Publication.UNKNOWN
                  ? Reason.VERSION_NOT_PUBLISHED
                  : Reason.VERSION_WITHDRAWN);
    }

    @Test
    void aQuarantinedVersion() {
      var channel = after(channel(), new Order.Quarantine(V1, false, ANNA), T0);
      assertThat(refused(channel, start(V1, stages(Gate.TIME)), T0).reason())
          .isEqualTo(Reason.VERSION_QUARANTINED);
    }

    @Test
    void theBaselineItself() {
      assertThat(refused(completed(), start(V1, stages(Gate.TIME)), LATER).reason())
          .isEqualTo(Reason.VERSION_IS_BASELINE);
    }

    @Test
    void aSecondRolloutNamesTheFirst() {
      var channel = running(Gate.EVIDENCE);
      var refused = refused(channel, start(V2, stages(Gate.TIME)), LATER);
      assertThat(refused.reason()).isEqualTo(Reason.ROLLOUT_ACTIVE);
      assertThat(refused.detail()).contains(rollout(channel).id().text());
      assertThat(refused.facts()).containsEntry("active_rollout", channel.active());
    }

    static Stream<Arguments> faults() {
      return Stream.of(
          Arguments.of(List.of(), 0),
          Arguments.of(stages(Gate.TIME, "1 %", "50 %"), 1),
          Arguments.of(stages(Gate.TIME, "10 %", "10 %", "100 %"), 1),
          Arguments.of(stages(Gate.TIME, "10 %", "5 %", "100 %"), 1),
          Arguments.of(stages(Gate.TIME, "1 %", "90.0001 %", "100 %"), 1),
          Arguments.of(stages(Gate.TIME, "100 %", "100 %"), 0),
          Arguments.of(List.of(new Stage(Exposure.ALL, Duration.ofDays(91), Gate.TIME)), 0),
          Arguments.of(
              Stream.iterate(1, i -> i + 1)
                  .limit(21)
                  .map(i -> new Stage(new Exposure(i), HOLD, Gate.TIME))
                  .toList(),
              20));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void stagesThatAreNone(List<Stage> stages, int at) {
      var refused = refused(channel(), start(V1, stages), T0);
      assertThat(refused.reason()).isEqualTo(Reason.STAGES_INVALID);
      assertThat(refused.facts()).containsEntry("pointer", "/stages/" + at);
    }

    @Test
    void stagesAtTheLimitAreFine() {
      accepted(channel(), start(V1, stages(Gate.TIME, "0.0001 %", "90 %", "100 %")), T0);
      accepted(channel(), start(V1, stages(Gate.TIME, "100 %")), T0);
      accepted(channel(), start(V1, Stages.DEFAULT), T0);
    }
  }

  @Nested
  class Gates {
    @Test
    void evidenceOpensTheNextStageOnceTheHoldIsOver() {
      // Given
      var before = running(Gate.EVIDENCE);
      var healthy = verdict(before, 1, Health.HEALTHY, Action.NONE);

      // When
      var told = accepted(before, heard(healthy), T0.plusSeconds(60));
      var early = accepted(told.channel(), new Order.ClockTick(), LATER.minusMillis(1));
      var due = accepted(told.channel(), new Order.ClockTick(), LATER);

      // Then
      assertThat(told.events()).isEmpty();
      assertThat(told.channel().epoch()).isEqualTo(before.epoch());
      assertThat(rollout(told.channel()).opensNextAt()).contains(LATER);
      assertThat(early.events()).isEmpty();
      assertThat(due.events())
          .singleElement()
          .isEqualTo(
              new StageEntered(
                  subject(due.channel(), LATER),
                  1,
                  Exposure.of("10 %"),
                  null,
                  Opening.EVIDENCE,
                  new Cause.Evidence(healthy)));
    }

    @Test
    void evidenceAfterTheHoldOpensAtOnce() {
      var before = running(Gate.EVIDENCE);
      var healthy = verdict(before, 1, Health.HEALTHY, Action.NONE);
      var accepted = accepted(before, heard(healthy), LATER);
      assertThat(accepted.events())
          .singleElement()
          .isInstanceOfSatisfying(
              StageEntered.class,
              it -> assertThat(it.cause()).isEqualTo(new Cause.Evidence(healthy)));
    }

    @Test
    void healthyCountsForItsStageOnly() {
      var inSecond = after(running(Gate.EVIDENCE), Samples::advance, T0);
      var aboutFirst = verdict(rollout(inSecond), 1, Health.HEALTHY, Action.NONE, 0);
      var told = after(inSecond, heard(aboutFirst), LATER);
      assertThat(rollout(told).run().stage()).isEqualTo(1);
      assertThat(rollout(told).opensNextAt()).isEmpty();
    }

    @Test
    void aVerdictOnOneStageDoesNotOpenTwo() {
      var before = running(Gate.EVIDENCE);
      var second = after(before, heard(verdict(before, 1, Health.HEALTHY, Action.NONE)), LATER);
      var muchLater = after(second, new Order.ClockTick(), T0.plus(SOAK).plus(SOAK));
      assertThat(rollout(muchLater).run().stage()).isEqualTo(1);
    }

    @Test
    void aboveTenPercentWaitsForTheSoakTime() {
      // Given
      var second = after(running(Gate.EVIDENCE), Samples::advance, T0);
      var told =
          after(second, heard(verdict(second, 1, Health.HEALTHY, Action.NONE)), T0.plusSeconds(1));

      // Then
      assertThat(rollout(told).opensNextAt()).contains(T0.plus(SOAK));
      assertThat(after(told, new Order.ClockTick(), T0.plus(SOAK).minusMillis(1))).isEqualTo(told);
      assertThat(stage(after(told, new Order.ClockTick(), T0.plus(SOAK)))).isEqualTo(2);
    }

    @Test
    void timeAloneDoesNotSoak() {
      var second = after(running(Gate.TIME), new Order.ClockTick(), LATER);
      assertThat(stage(second)).isEqualTo(1);
      assertThat(stage(after(second, new Order.ClockTick(), LATER.plus(HOLD)))).isEqualTo(2);
    }

    @Test
    void aLongSilenceOpensOneStageNotAll() {
      var monthLater = T0.plus(Duration.ofDays(30));
      var second = after(running(Gate.TIME), new Order.ClockTick(), monthLater);
      assertThat(stage(second)).isEqualTo(1);
      assertThat(after(second, new Order.ClockTick(), monthLater)).isEqualTo(second);
    }

    @Test
    void aManualGateWaitsForAPerson() {
      var before = running(Gate.MANUAL);
      var told = after(before, heard(verdict(before, 1, Health.HEALTHY, Action.NONE)), LATER);
      assertThat(stage(after(told, new Order.ClockTick(), T0.plus(SOAK)))).isZero();
      assertThat(stage(after(told, advance(told), T0))).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
        value = Gate.class,
        names = {"EVIDENCE", "TIME"})
    void degradedClosesEveryGate(Gate gate) {
      var before = running(gate);
      var degraded = after(before, heard(verdict(before, 1, Health.DEGRADED, Action.NONE)), T0);
      assertThat(stage(after(degraded, new Order.ClockTick(), LATER))).isZero();
    }

    @Test
    void theLastStageCompletes() {
      // Given
      var last = after(channel(), start(V1, stages(Gate.EVIDENCE, "100 %")), T0);

      // When
      var done = accepted(last, heard(verdict(last, 1, Health.HEALTHY, Action.NONE)), LATER);

      // Then
      assertThat(done.events())
          .singleElement()
          .isInstanceOfSatisfying(
              RolloutCompleted.class,
              it -> assertThat(it.previousBaseline()).isEqualTo(Version.BUILTIN));
      var state = done.channel().state();
      assertThat(state.baseline()).isEqualTo(V1);
      assertThat(state.previousBaseline()).isEqualTo(Version.BUILTIN);
      assertThat(state.rollout()).isNull();
    }
  }

  @Nested
  class Pausing {
    @Test
    void aPausedVersionIsHeldAndOfferedToNobodyNew() {
      var paused = accepted(running(Gate.TIME), Samples::pause, LATER);
      assertThat(paused.events()).singleElement().isInstanceOf(RolloutPaused.class);
      var state = paused.channel().state();
      assertThat(state.hold()).containsExactly(V1);
      assertThat(state.rollout().paused()).isTrue();
      assertThat(state.rollout().exposure()).isEqualTo(Exposure.of("1 %"));
    }

    @Test
    void timeSpentPausedIsAddedToTheHold() {
      // Given
      var paused = after(running(Gate.TIME), Samples::pause, T0.plusSeconds(60));
      var hourLater = T0.plusSeconds(3660);

      // When
      var resumed = accepted(paused, resume(paused), hourLater);

      // Then
      assertThat(resumed.events()).singleElement().isInstanceOf(RolloutResumed.class);
      assertThat(resumed.channel().hold()).isEmpty();
      assertThat(rollout(resumed.channel()).opensNextAt())
          .contains(LATER.plus(Duration.ofHours(1)));
    }

    @Test
    void healthyOpensNothingWhilePaused() {
      var paused = after(running(Gate.EVIDENCE), Samples::pause, T0);
      var told = after(paused, heard(verdict(paused, 1, Health.HEALTHY, Action.NONE)), LATER);
      assertThat(stage(after(told, new Order.ClockTick(), LATER))).isZero();
    }
  }

  @Nested
  class Evidence {
    @ParameterizedTest
    @EnumSource(
        value = RolloutState.class,
        names = {"RUNNING", "PAUSED", "COMPLETED"})
    void unhealthyRollsBackWhateverTheStage(RolloutState state) {
      // Given
      var before = in(state);
      var unhealthy = verdict(rollout(before), 9, Health.UNHEALTHY, Action.ROLL_BACK, 0);

      // When
      var accepted = accepted(before, heard(unhealthy), LATER);

      // Then
      assertThat(accepted.events())
          .singleElement()
          .isEqualTo(
              new RolledBack(
                  subject(accepted.channel(), LATER),
                  Version.BUILTIN,
                  new Cause.Evidence(unhealthy)));
      var told = accepted.channel().state();
      assertThat(told.rollout()).isNull();
      assertThat(told.baseline()).isEqualTo(Version.BUILTIN);
      assertThat(told.hold()).isEmpty();
    }

    @Test
    void aPauseByEvidenceMayStillBecomeARollback() {
      // Given
      var before = running(Gate.EVIDENCE);
      var paused = after(before, heard(verdict(before, 1, Health.UNHEALTHY, Action.PAUSE)), T0);
      assertThat(rollout(paused).state()).isEqualTo(RolloutState.PAUSED);
      assertThat(paused.hold()).containsExactly(V1);

      // When
      var rolledBack =
          after(paused, heard(verdict(paused, 2, Health.UNHEALTHY, Action.ROLL_BACK)), LATER);

      // Then
      assertThat(rollout(rolledBack).state()).isEqualTo(RolloutState.ROLLED_BACK);
    }

    @Test
    void aRepeatedOrOlderVerdictChangesNothing() {
      var before = running(Gate.EVIDENCE);
      var told = after(before, heard(verdict(before, 5, Health.INCONCLUSIVE, Action.NONE)), T0);
      for (long revision : new long[] {5, 4}) {
        var old = verdict(before, revision, Health.UNHEALTHY, Action.ROLL_BACK);
        assertThat(accepted(told, heard(old), LATER))
            .isEqualTo(new Outcome.Accepted(List.of(), told));
      }
    }

    @Test
    void aVerdictOnAnotherRolloutChangesNothing() {
      var before = running(Gate.EVIDENCE);
      var foreign = verdict(running(Gate.EVIDENCE), 1, Health.UNHEALTHY, Action.ROLL_BACK);
      assertThat(after(before, heard(foreign), LATER)).isEqualTo(before);
    }

    @Test
    void aVerdictWithoutActionIsSaid() {
      var before = running(Gate.TIME);
      var unhealthy = verdict(before, 1, Health.UNHEALTHY, Action.NONE);
      var accepted = accepted(before, heard(unhealthy), LATER);
      assertThat(accepted.events())
          .singleElement()
          .isInstanceOfSatisfying(
              AlertRaised.class, it -> assertThat(it.alert()).isEqualTo(Alert.UNHEALTHY));
      assertThat(rollout(accepted.channel()).verdict()).isEqualTo(unhealthy);
      assertThat(rollout(accepted.channel()).opensNextAt()).isEmpty();
    }

    @Test
    void aPersonOverrulesThePauseButNotTheRollback() {
      // Given
      var before = running(Gate.TIME);
      var paused = after(before, heard(verdict(before, 1, Health.UNHEALTHY, Action.PAUSE)), T0);

      // When
      var resumed = after(paused, resume(paused), T0);

      // Then
      var again = after(resumed, heard(verdict(before, 2, Health.UNHEALTHY, Action.PAUSE)), T0);
      assertThat(rollout(again).state()).isEqualTo(RolloutState.RUNNING);
      assertThat(stage(after(again, new Order.ClockTick(), LATER))).isZero();
      assertThat(stage(after(again, advance(again), LATER))).isEqualTo(1);
      var condemned = verdict(before, 3, Health.UNHEALTHY, Action.ROLL_BACK);
      assertThat(rollout(after(again, heard(condemned), LATER)).state())
          .isEqualTo(RolloutState.ROLLED_BACK);
    }
  }

  @Nested
  class RollingBackWhatIsComplete {
    @Test
    void givesTheBaselineBeforeIt() {
      var second = after(completed(), start(V2, stages(Gate.TIME, "100 %")), LATER);
      var complete = after(second, advance(second), LATER);
      assertThat(complete.state().previousBaseline()).isEqualTo(V1);

      var rolledBack = after(complete, rollBack(complete), LATER);

      assertThat(rolledBack.state().baseline()).isEqualTo(V1);
      assertThat(rolledBack.state().previousBaseline()).isNull();
    }

    @Test
    void isRefusedWhileAnotherIsUnderWay() {
      var first = completed();
      var second = after(first, start(V2, stages(Gate.TIME)), LATER);
      assertThat(
              refused(second, new Order.RollBack(rollout(first).id(), ANNA, null), LATER).reason())
          .isEqualTo(Reason.ROLLOUT_ACTIVE);
    }

    @Test
    void isRefusedOnceAnotherVersionIsTheBaseline() {
      var first = completed();
      var second = after(first, start(V2, stages(Gate.TIME, "100 %")), LATER);
      var complete = after(second, advance(second), LATER);
      assertThat(
              refused(complete, new Order.RollBack(rollout(first).id(), ANNA, null), LATER)
                  .reason())
          .isEqualTo(Reason.ALREADY_ENDED);
    }
  }

  @Test
  void rulesChangeTheEpochAndNothingElse() {
    // Given
    var before = running(Gate.EVIDENCE);
    var shut =
        new ChannelRules(
            false,
            false,
            true,
            true,
            true,
            true,
            true,
            true,
            true,
            ChannelRules.Barrier.NONE,
            false);

    // When
    var accepted = accepted(before, new Order.ChangeRules(shut, ANNA, null), LATER);

    // Then
    assertThat(accepted.events()).singleElement().isInstanceOf(ChannelRulesChanged.class);
    assertThat(accepted.channel().epoch()).isGreaterThan(before.epoch());
    assertThat(rollout(accepted.channel())).isEqualTo(rollout(before));
    assertThat(accepted.channel().state().rules()).isEqualTo(shut);
    assertThat(after(accepted.channel(), new Order.ChangeRules(shut, ANNA, null), LATER))
        .isEqualTo(accepted.channel());
  }

  @Test
  void theSaltStaysOutOfTexts() {
    var rollout = rollout(running(Gate.TIME));
    assertThat(rollout.toString()).doesNotContain(rollout.salt().text());
  }

  private static Channel in(RolloutState state) {
    var running = running(Gate.EVIDENCE);
    return switch (state) {
      case RUNNING -> running;
      case PAUSED -> after(running, pause(running), T0);
      case COMPLETED -> completed();
      case ROLLED_BACK -> after(running, rollBack(running), T0);
      case DRAFT, AWAITING_APPROVAL, SCHEDULED, CANCELLED, SUPERSEDED ->
          throw new IllegalArgumentException(state.toString());
    };
  }

  private static Channel completed() {
    var last = after(channel(), start(V1, stages(Gate.EVIDENCE, "100 %")), T0);
    return after(last, advance(last), T0);
  }

  private static int stage(Channel channel) {
    return rollout(channel).run().stage();
  }

  private static RolloutEvent.Subject subject(Channel channel, Instant at) {
    RolloutId id = rollout(channel).id();
    return new RolloutEvent.Subject(
        channel.appId(), channel.name(), id, rollout(channel).version(), channel.epoch(), at);
  }
}
