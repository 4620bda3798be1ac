package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.HOLD;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.V2;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.refused;
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
import dev.slipway.rollout.plan.Order.Publication;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlanTest {

  private static final Instant LATER = T0.plus(HOLD);
  private static final Duration SOAK = Policy.CAUTIOUS.minSoak();

  /// What each personal order gives in each state: the state after it, or the refusal's slug.
  static Stream<Arguments> ordersAndStates() {
    return Stream.of(
        row("pause", RolloutState.RUNNING, "PAUSED"),
        row("pause", RolloutState.PAUSED, "unchanged"),
        row("pause", RolloutState.COMPLETED, "already-ended"),
        row("pause", RolloutState.ROLLED_BACK, "already-ended"),
        row("resume", RolloutState.RUNNING, "unchanged"),
        row("resume", RolloutState.PAUSED, "RUNNING"),
        row("resume", RolloutState.COMPLETED, "already-ended"),
        row("resume", RolloutState.ROLLED_BACK, "already-ended"),
        row("advance", RolloutState.RUNNING, "RUNNING"),
        row("advance", RolloutState.PAUSED, "not-running"),
        row("advance", RolloutState.COMPLETED, "already-ended"),
        row("advance", RolloutState.ROLLED_BACK, "already-ended"),
        row("rollback", RolloutState.RUNNING, "ROLLED_BACK"),
        row("rollback", RolloutState.PAUSED, "ROLLED_BACK"),
        row("rollback", RolloutState.COMPLETED, "ROLLED_BACK"),
        row("rollback", RolloutState.ROLLED_BACK, "unchanged"));
  }

  @ParameterizedTest
  @MethodSource("ordersAndStates")
  void eachOrderInEachState(String verb, RolloutState state, String expected) {
    // Given
    var before = in(state);

    // When
    var outcome = Plan.decide(before, order(verb, null), LATER);

    // Then
    switch (outcome) {
      case Outcome.Refused(var reason, _, var facts) -> {
        assertThat(reason.slug()).isEqualTo(expected);
        assertThat(facts).containsEntry("state", state).containsEntry("epoch", before.epoch());
      }
      case Outcome.Accepted(var events, var now) when events.isEmpty() -> {
        assertThat(expected).isEqualTo("unchanged");
        assertThat(now).isEqualTo(before);
      }
      case Outcome.Accepted(_, var now) -> {
        assertThat(now.rollout().state()).hasToString(expected);
        assertThat(now.epoch()).isGreaterThan(before.epoch());
        assertThat(now.rollout().progress().cause()).isEqualTo(ANNA);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(RolloutState.class)
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
    assertThat(started.stages()).isEqualTo(order.stages());
    assertThat(started.subject()).isEqualTo(entered.subject());
    assertThat(entered.exposure()).isEqualTo(Exposure.of("1 %"));
    var state = accepted.channel().state();
    assertThat(state.baseline()).isEqualTo(Version.BUILTIN);
    assertThat(state.rollout().exposure()).isEqualTo(Exposure.of("1 %"));
    assertThat(state.rollout().control()).isEqualTo(Exposure.of("10 %"));
    assertThat(state.rollout().salt()).isEqualTo(order.salt().text());
    assertThat(state.epoch()).isEqualTo(T0.toEpochMilli());
    assertThat(state.hold()).isEmpty();
  }

  @Test
  void theEpochRisesEvenIfTheClockFallsBack() {
    var before = running(Gate.EVIDENCE);
    var paused = after(before, new Order.Pause(ANNA, null), T0.minus(Duration.ofDays(1)));
    assertThat(paused.epoch()).isEqualTo(before.epoch() + 1);
  }

  @Nested
  class RefusedStarts {
    @ParameterizedTest
    @EnumSource(
        value = Publication.class,
        names = {"UNKNOWN", "WITHDRAWN"})
    void aVersionThatIngestDoesNotHave(Publication publication) {
      var order = start(V1, stages(Gate.TIME));
      var refused =
          refused(
              channel(),
              new Order.Start(
                  order.id(), V1, publication, order.stages(), order.policy(), order.salt(), ANNA),
              T0);
      assertThat(refused.reason())
          .isEqualTo(
              publication == Publication.UNKNOWN
                  ? Reason.VERSION_NOT_PUBLISHED
                  : Reason.VERSION_WITHDRAWN);
    }

    @Test
    void aQuarantinedVersion() {
      var open = channel();
      var channel =
          new Channel(
              open.appId(),
              open.name(),
              open.epoch(),
              open.baseline(),
              null,
              Set.of(V1),
              open.rules(),
              null,
              null,
              open.changedAt());
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
      assertThat(refused.detail()).contains(channel.rollout().id().text());
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
      assertThat(told.channel().rollout().opensNextAt()).contains(LATER);
      assertThat(early.events()).isEmpty();
      assertThat(due.events())
          .singleElement()
          .isEqualTo(
              new StageEntered(
                  subject(due.channel(), LATER), 1, Exposure.of("10 %"), new Cause.Schedule()));
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
      var inSecond = after(running(Gate.EVIDENCE), new Order.Advance(ANNA, null), T0);
      var aboutFirst = verdict(inSecond, 1, Health.HEALTHY, Action.NONE, 0);
      var told = after(inSecond, heard(aboutFirst), LATER);
      assertThat(told.rollout().progress().stage()).isEqualTo(1);
      assertThat(told.rollout().opensNextAt()).isEmpty();
    }

    @Test
    void aVerdictOnOneStageDoesNotOpenTwo() {
      var before = running(Gate.EVIDENCE);
      var second = after(before, heard(verdict(before, 1, Health.HEALTHY, Action.NONE)), LATER);
      var muchLater = after(second, new Order.ClockTick(), T0.plus(SOAK).plus(SOAK));
      assertThat(muchLater.rollout().progress().stage()).isEqualTo(1);
    }

    @Test
    void aboveTenPercentWaitsForTheSoakTime() {
      // Given
      var second = after(running(Gate.EVIDENCE), new Order.Advance(ANNA, null), T0);
      var told =
          after(second, heard(verdict(second, 1, Health.HEALTHY, Action.NONE)), T0.plusSeconds(1));

      // Then
      assertThat(told.rollout().opensNextAt()).contains(T0.plus(SOAK));
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
      assertThat(stage(after(told, new Order.Advance(ANNA, null), T0))).isEqualTo(1);
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
      var paused = accepted(running(Gate.TIME), new Order.Pause(ANNA, null), LATER);
      assertThat(paused.events()).singleElement().isInstanceOf(RolloutPaused.class);
      var state = paused.channel().state();
      assertThat(state.hold()).containsExactly(V1);
      assertThat(state.rollout().paused()).isTrue();
      assertThat(state.rollout().exposure()).isEqualTo(Exposure.of("1 %"));
    }

    @Test
    void timeSpentPausedIsAddedToTheHold() {
      // Given
      var paused = after(running(Gate.TIME), new Order.Pause(ANNA, null), T0.plusSeconds(60));
      var hourLater = T0.plusSeconds(3660);

      // When
      var resumed = accepted(paused, new Order.Resume(ANNA, null), hourLater);

      // Then
      assertThat(resumed.events()).singleElement().isInstanceOf(RolloutResumed.class);
      assertThat(resumed.channel().hold()).isEmpty();
      assertThat(resumed.channel().rollout().opensNextAt())
          .contains(LATER.plus(Duration.ofHours(1)));
    }

    @Test
    void healthyOpensNothingWhilePaused() {
      var paused = after(running(Gate.EVIDENCE), new Order.Pause(ANNA, null), T0);
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
      var unhealthy = verdict(before, 9, Health.UNHEALTHY, Action.ROLL_BACK, 0);

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
      assertThat(paused.rollout().state()).isEqualTo(RolloutState.PAUSED);
      assertThat(paused.hold()).containsExactly(V1);

      // When
      var rolledBack =
          after(paused, heard(verdict(paused, 2, Health.UNHEALTHY, Action.ROLL_BACK)), LATER);

      // Then
      assertThat(rolledBack.rollout().state()).isEqualTo(RolloutState.ROLLED_BACK);
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
    void aVerdictWithoutActionIsOnlyNoted() {
      var before = running(Gate.TIME);
      var unhealthy = verdict(before, 1, Health.UNHEALTHY, Action.NONE);
      var accepted = accepted(before, heard(unhealthy), LATER);
      assertThat(accepted.events()).isEmpty();
      assertThat(accepted.channel().rollout().verdict()).isEqualTo(unhealthy);
      assertThat(accepted.channel().rollout().opensNextAt()).isEmpty();
    }

    @Test
    void aPersonOverrulesThePauseButNotTheRollback() {
      // Given
      var before = running(Gate.TIME);
      var paused = after(before, heard(verdict(before, 1, Health.UNHEALTHY, Action.PAUSE)), T0);

      // When
      var resumed = after(paused, new Order.Resume(ANNA, null), T0);

      // Then
      var again = after(resumed, heard(verdict(before, 2, Health.UNHEALTHY, Action.PAUSE)), T0);
      assertThat(again.rollout().state()).isEqualTo(RolloutState.RUNNING);
      assertThat(stage(after(again, new Order.ClockTick(), LATER))).isZero();
      assertThat(stage(after(again, new Order.Advance(ANNA, null), LATER))).isEqualTo(1);
      var condemned = verdict(before, 3, Health.UNHEALTHY, Action.ROLL_BACK);
      assertThat(after(again, heard(condemned), LATER).rollout().state())
          .isEqualTo(RolloutState.ROLLED_BACK);
    }
  }

  @Nested
  class RollingBackWhatIsComplete {
    @Test
    void givesTheBaselineBeforeIt() {
      var second = after(completed(), start(V2, stages(Gate.TIME, "100 %")), LATER);
      var complete = after(second, new Order.Advance(ANNA, null), LATER);
      assertThat(complete.state().previousBaseline()).isEqualTo(V1);

      var rolledBack = after(complete, new Order.RollBack(ANNA, null), LATER);

      assertThat(rolledBack.state().baseline()).isEqualTo(V1);
      assertThat(rolledBack.state().previousBaseline()).isNull();
    }

    @Test
    void isRefusedWhileAnotherIsUnderWay() {
      var first = completed();
      var second = after(first, start(V2, stages(Gate.TIME)), LATER);
      assertThat(refused(atHand(second, first.rollout()), order("rollback", null), LATER).reason())
          .isEqualTo(Reason.ROLLOUT_ACTIVE);
    }

    @Test
    void isRefusedOnceAnotherVersionIsTheBaseline() {
      var first = completed();
      var second = after(first, start(V2, stages(Gate.TIME, "100 %")), LATER);
      var complete = after(second, new Order.Advance(ANNA, null), LATER);
      assertThat(
              refused(atHand(complete, first.rollout()), order("rollback", null), LATER).reason())
          .isEqualTo(Reason.ALREADY_ENDED);
    }
  }

  @ParameterizedTest
  @MethodSource("effectiveOrders")
  void anOrderThatSawAnotherEpochIsRefused(String verb, RolloutState state) {
    var before = in(state);
    var refused = refused(before, order(verb, before.epoch() - 1), LATER);
    assertThat(refused.reason()).isEqualTo(Reason.EPOCH_CHANGED);
    assertThat(refused.facts()).containsEntry("epoch", before.epoch());
    accepted(before, order(verb, before.epoch()), LATER);
  }

  static Stream<Arguments> effectiveOrders() {
    return ordersAndStates()
        .filter(it -> it.get()[2].equals(it.get()[2].toString().toUpperCase(Locale.ROOT)))
        .map(it -> Arguments.of(it.get()[0], it.get()[1]));
  }

  @Test
  void anOrderThatHoldsIsAnsweredWhateverEpochItSaw() {
    var paused = in(RolloutState.PAUSED);
    assertThat(after(paused, order("pause", 1L), LATER)).isEqualTo(paused);
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
    var accepted = accepted(before, new Order.ChangeRules(shut), LATER);

    // Then
    assertThat(accepted.events()).isEmpty();
    assertThat(accepted.channel().epoch()).isGreaterThan(before.epoch());
    assertThat(accepted.channel().rollout()).isEqualTo(before.rollout());
    assertThat(accepted.channel().state().rules()).isEqualTo(shut);
    assertThat(after(accepted.channel(), new Order.ChangeRules(shut), LATER))
        .isEqualTo(accepted.channel());
  }

  @Test
  void theSaltStaysOutOfTexts() {
    var rollout = running(Gate.TIME).rollout();
    assertThat(rollout.toString()).doesNotContain(rollout.salt().text());
  }

  private static Arguments row(String verb, RolloutState state, String expected) {
    return Arguments.of(verb, state, expected);
  }

  private static Order order(String verb, @Nullable Long epoch) {
    return Map.<String, Order>of(
            "pause", new Order.Pause(ANNA, epoch),
            "resume", new Order.Resume(ANNA, epoch),
            "advance", new Order.Advance(ANNA, epoch),
            "rollback", new Order.RollBack(ANNA, epoch))
        .get(verb);
  }

  private static Channel in(RolloutState state) {
    var running = running(Gate.EVIDENCE);
    return switch (state) {
      case RUNNING -> running;
      case PAUSED -> after(running, new Order.Pause(ANNA, null), T0);
      case COMPLETED -> completed();
      case ROLLED_BACK -> after(running, new Order.RollBack(ANNA, null), T0);
    };
  }

  private static Channel completed() {
    var last = after(channel(), start(V1, stages(Gate.EVIDENCE, "100 %")), T0);
    return after(last, new Order.Advance(ANNA, null), T0);
  }

  private static Channel atHand(Channel channel, Rollout ended) {
    return new Channel(
        channel.appId(),
        channel.name(),
        channel.epoch(),
        channel.baseline(),
        channel.previousBaseline(),
        channel.quarantined(),
        channel.rules(),
        channel.active(),
        ended,
        channel.changedAt());
  }

  private static int stage(Channel channel) {
    return channel.rollout().progress().stage();
  }

  private static RolloutEvent.Subject subject(Channel channel, Instant at) {
    RolloutId id = channel.rollout().id();
    return new RolloutEvent.Subject(
        channel.appId(), channel.name(), id, channel.rollout().version(), channel.epoch(), at);
  }
}
