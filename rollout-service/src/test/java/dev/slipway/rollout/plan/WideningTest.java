package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.FACTS;
import static dev.slipway.rollout.plan.Samples.HOLD;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.facts;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.proposal;
import static dev.slipway.rollout.plan.Samples.rollout;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutEvent.StageFilled;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How a rollout becomes wider by itself.
class WideningTest {

  private static final Duration SOAK = Policy.CAUTIOUS.minSoak();

  @Nested
  class NumbersOfDevices {
    @Test
    void becomeAShareOfTheKnownFleet() {
      var begun = started(Stages.DEFAULT, 100_000);
      assertThat(entered(begun).exposure()).isEqualTo(Exposure.of("1 %"));
      assertThat(entered(begun).maxDevices()).isNull();
    }

    @Test
    void leaveTheControlAlone() {
      assertThat(entered(started(Stages.DEFAULT, 500)).exposure()).isEqualTo(Exposure.of("90 %"));
    }

    @Test
    void areCountedWhereTheFleetIsUnknown() {
      // Given
      var begun = accepted(channel(), new Order.Start(plan(Stages.DEFAULT), false, ANNA, null), T0);
      assertThat(entered(begun).maxDevices()).isEqualTo(1_000);
      assertThat(entered(begun).exposure()).isEqualTo(Exposure.of("1 %"));

      // When
      var early = accepted(begun.channel(), heard(said(begun.channel(), 1, 999)), T0);
      var full = accepted(early.channel(), heard(said(begun.channel(), 2, 1_001)), T0);

      // Then
      assertThat(early.events()).isEmpty();
      assertThat(full.events()).singleElement().isInstanceOf(StageFilled.class);
      assertThat(full.channel().state().rollout().paused()).isTrue();
      assertThat(full.channel().state().hold()).containsExactly(V1);
      assertThat(rollout(full.channel()).state()).isEqualTo(RolloutState.RUNNING);
    }

    @Test
    void followTheFleetOnceItIsKnown() {
      var begun = accepted(channel(), new Order.Start(plan(Stages.DEFAULT), false, ANNA, null), T0);
      var id = rollout(begun.channel()).id();

      var known =
          accepted(begun.channel(), new Order.ClockTick(), facts(id, 20_000), T0.plusSeconds(60));

      assertThat(entered(known).opening()).isEqualTo(Opening.SIZE_KNOWN);
      assertThat(entered(known).exposure()).isEqualTo(Exposure.of("5 %"));
      assertThat(entered(known).maxDevices()).isNull();
    }

    @Test
    void thatAddNobodyAreSkipped() {
      var begun = started(Stages.DEFAULT, 10_000);
      assertThat(entered(begun).exposure()).isEqualTo(Exposure.of("10 %"));
      var id = rollout(begun.channel()).id();

      var next =
          accepted(begun.channel(), new Order.Advance(id, ANNA, null), facts(id, 10_000), T0);

      assertThat(entered(next).stage()).isEqualTo(3);
      assertThat(entered(next).exposure()).isEqualTo(Exposure.of("50 %"));
    }
  }

  @Nested
  class UsedUp {
    @Test
    void opensTheNextAtMostTwiceAsWide() {
      // Given
      var begun = started(stages(Gate.EVIDENCE, "2 %", "50 %", "100 %"), 2_000);
      var id = rollout(begun.channel()).id();
      var facts = facts(id, 2_000);
      var told = accepted(begun.channel(), heard(answered(begun.channel(), 1, 39)), facts, T0);
      assertThat(told.events()).isEmpty();

      // When
      var next = accepted(told.channel(), new Order.ClockTick(), facts, T0.plus(HOLD));

      // Then
      assertThat(entered(next).opening()).isEqualTo(Opening.USED_UP);
      assertThat(entered(next).stage()).isEqualTo(1);
      assertThat(entered(next).exposure()).isEqualTo(Exposure.of("4 %"));
      assertThat(next.events().getFirst().cause())
          .isEqualTo(
              new dev.slipway.contracts.rollout.Cause.Evidence(rollout(next.channel()).verdict()));
    }

    @Test
    void doesNotOpenWhileAnswersAreOut() {
      var begun = started(stages(Gate.EVIDENCE, "2 %", "100 %"), 2_000);
      var id = rollout(begun.channel()).id();
      var told =
          accepted(begun.channel(), heard(said(begun.channel(), 1, 40)), facts(id, 2_000), T0);
      assertThat(
              accepted(told.channel(), new Order.ClockTick(), facts(id, 2_000), T0.plus(HOLD))
                  .events())
          .isEmpty();
    }

    @Test
    void aDayWithoutAnyDeviceCountsToo() {
      var begun = accepted(channel(), Samples.start(V1, stages(Gate.EVIDENCE, "2 %", "100 %")), T0);
      var told = accepted(begun.channel(), heard(said(begun.channel(), 1, 17)), T0.plus(HOLD));
      var day = T0.plus(HOLD).plus(Rollout.QUIET);

      assertThat(accepted(told.channel(), new Order.ClockTick(), day.minusSeconds(1)).events())
          .isEmpty();
      assertThat(entered(accepted(told.channel(), new Order.ClockTick(), day)).exposure())
          .isEqualTo(Exposure.of("4 %"));
    }

    @Test
    void degradedEvidenceIsNotIgnored() {
      var begun = started(stages(Gate.EVIDENCE, "2 %", "100 %"), 2_000);
      var id = rollout(begun.channel()).id();
      var worried =
          verdict(
              rollout(begun.channel()),
              1,
              Health.DEGRADED,
              Action.NONE,
              0,
              new Verdict.Counts(40, 9, 9, 31, 20));
      var told = accepted(begun.channel(), heard(worried), facts(id, 2_000), T0.plus(HOLD));
      assertThat(told.events())
          .singleElement()
          .isInstanceOfSatisfying(
              AlertRaised.class, it -> assertThat(it.alert()).isEqualTo(Alert.DEGRADED));
    }

    /// Fleets from a handful of devices on, whose devices all answer well but are too few for the
    /// gate: the rollout goes to its end by itself, and each step stands in the events.
    @ParameterizedTest
    @ValueSource(longs = {1, 5, 30, 250, 1_500, 40_000})
    void aSmallHealthyFleetGetsThereByItself(long fleet) {
      // Given
      var now = T0;
      var begun = started(Stages.DEFAULT, fleet);
      var channel = begun.channel();
      var id = rollout(channel).id();
      var events = new ArrayList<>(begun.events());

      // When
      int steps = 0;
      for (; rollout(channel).state() == RolloutState.RUNNING && steps < 2_000; steps++) {
        now = now.plus(Duration.ofMinutes(10));
        long exposed = fleet * rollout(channel).exposure().ppm() / Exposure.ALL.ppm();
        var order = heard(answered(channel, steps + 1, exposed));
        var next = accepted(channel, order, facts(id, fleet), now);
        events.addAll(next.events());
        channel = next.channel();
      }

      // Then
      assertThat(rollout(channel).state()).isEqualTo(RolloutState.COMPLETED);
      assertThat(channel.baseline()).isEqualTo(V1);
      assertThat(Duration.between(T0, now)).isGreaterThanOrEqualTo(SOAK);
      var openings =
          events.stream()
              .filter(StageEntered.class::isInstance)
              .map(it -> ((StageEntered) it).opening());
      assertThat(openings).containsOnly(Opening.START, Opening.USED_UP);
    }
  }

  @Test
  void aboveATenthAsManyMustHaveConfirmedAsUsual() {
    // Given
    var begun = accepted(channel(), Samples.start(V1, stages(Gate.EVIDENCE, "10 %", "100 %")), T0);
    var usual =
        new Baseline(
            Samples.APP,
            1,
            3,
            List.of(),
            null,
            List.of(
                new Baseline.Share(Duration.ofHours(1), 0.3),
                new Baseline.Share(Duration.ofHours(3), 0.8)),
            List.of(),
            T0);
    var facts = new Facts(FACTS.releases(), FACTS.eligible(), usual);
    var later = T0.plus(SOAK);

    // When
    var few = accepted(begun.channel(), heard(healthy(begun.channel(), 1, 390)), facts, later);
    var enough = accepted(few.channel(), heard(healthy(begun.channel(), 2, 410)), facts, later);

    // Then: the half of 80 % of 1,000
    assertThat(few.events()).isEmpty();
    assertThat(entered(enough).exposure()).isEqualTo(Exposure.ALL);
  }

  @Test
  void aPersonIsAskedOnceWhenNothingWasDecidedInTime() {
    // Given
    var policy =
        Policy.CAUTIOUS.with(
            asked -> {
              asked.minSoak = SOAK;
              asked.decideBy = Duration.ofHours(6);
            });
    var order = new Order.Start(proposal(V1, stages(Gate.EVIDENCE), policy), false, ANNA, null);
    var begun = accepted(channel(), order, T0);
    var due = T0.plus(Duration.ofHours(6));

    // When
    var early = accepted(begun.channel(), new Order.ClockTick(), due.minusMillis(1));
    var asked = accepted(begun.channel(), new Order.ClockTick(), due);
    var again = accepted(asked.channel(), new Order.ClockTick(), due.plusSeconds(60));

    // Then
    assertThat(rollout(begun.channel()).dueAgainAt(T0.plus(HOLD).plusSeconds(1)))
        .hasValueSatisfying(at -> assertThat(at).isBeforeOrEqualTo(due));
    assertThat(early.events()).isEmpty();
    assertThat(asked.events())
        .singleElement()
        .isInstanceOfSatisfying(
            AlertRaised.class,
            it -> {
              assertThat(it.alert()).isEqualTo(Alert.DECISION_DUE);
              assertThat(it.detail()).endsWith("roll back; no device has reported yet");
            });
    assertThat(rollout(asked.channel()).run().asked()).isTrue();
    assertThat(again.events()).isEmpty();
  }

  private static Order.Proposal plan(List<Stage> stages) {
    return proposal(V1, stages);
  }

  private static Outcome.Accepted started(List<Stage> stages, long fleet) {
    var proposal = plan(stages);
    return accepted(
        channel(), new Order.Start(proposal, false, ANNA, null), facts(proposal.id(), fleet), T0);
  }

  private static StageEntered entered(Outcome.Accepted accepted) {
    return accepted.events().stream()
        .filter(StageEntered.class::isInstance)
        .map(StageEntered.class::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no stage entered: " + accepted.events()));
  }

  /// So many tried it, none has answered yet.
  private static Verdict said(Channel channel, long revision, long attempts) {
    return counts(channel, revision, Health.INCONCLUSIVE, attempts, 0);
  }

  /// So many tried it, and all of them are well.
  private static Verdict answered(Channel channel, long revision, long attempts) {
    return counts(channel, revision, Health.INCONCLUSIVE, attempts, attempts);
  }

  private static Verdict healthy(Channel channel, long revision, long confirmed) {
    return counts(channel, revision, Health.HEALTHY, 1_000, confirmed);
  }

  private static Verdict counts(
      Channel channel, long revision, Health health, long attempts, long confirmed) {
    var rollout = rollout(channel);
    return verdict(
        rollout,
        revision,
        health,
        Action.NONE,
        rollout.run().stage(),
        new Verdict.Counts(attempts, 0, 0, confirmed, 30));
  }
}
