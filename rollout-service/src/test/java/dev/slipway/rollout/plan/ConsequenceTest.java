package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;
import static dev.slipway.rollout.plan.Samples.V2;
import static dev.slipway.rollout.plan.Samples.V3;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.channel;
import static dev.slipway.rollout.plan.Samples.facts;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.proposal;
import static dev.slipway.rollout.plan.Samples.published;
import static dev.slipway.rollout.plan.Samples.refused;
import static dev.slipway.rollout.plan.Samples.rollout;
import static dev.slipway.rollout.plan.Samples.running;
import static dev.slipway.rollout.plan.Samples.stages;
import static dev.slipway.rollout.plan.Samples.start;
import static dev.slipway.rollout.plan.Samples.superseding;
import static dev.slipway.rollout.plan.Samples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.BaselineReplaced;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutReturned;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSuperseded;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutEvent.VersionQuarantined;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Facts.Release;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What follows from verdicts, quarantines, superseding and time.
class ConsequenceTest {

  @ParameterizedTest
  @EnumSource(
      value = Health.class,
      names = {"INCIDENT", "FETCH_FAILING", "SILENT"})
  void isPausedAndSaidOnce(Health health) {
    // Given
    var before = running(Gate.EVIDENCE);

    // When
    var first = accepted(before, heard(verdict(before, 1, health, Action.PAUSE)), T0);
    var again = accepted(first.channel(), heard(verdict(before, 2, health, Action.PAUSE)), T0);

    // Then
    assertThat(first.events())
        .<Class<?>>extracting(Object::getClass)
        .containsExactly(AlertRaised.class, RolloutPaused.class);
    assertThat(((AlertRaised) first.events().getFirst()).alert()).hasToString(health.name());
    assertThat(rollout(first.channel()).state()).isEqualTo(RolloutState.PAUSED);
    assertThat(again.events()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Health.class,
      names = {"INCIDENT", "FETCH_FAILING", "SILENT", "UNHEALTHY"})
  void aPersonOverrulesThePause(Health health) {
    var before = running(Gate.TIME);
    var paused = after(before, heard(verdict(before, 1, health, Action.PAUSE)), T0);
    var resumed = after(paused, Samples::resume, T0);

    var told = after(resumed, heard(verdict(before, 2, health, Action.PAUSE)), T0);

    assertThat(rollout(told).state()).isEqualTo(RolloutState.RUNNING);
    var dayLater = T0.plus(Duration.ofDays(1));
    assertThat(rollout(after(told, new Order.ClockTick(), dayLater)).run().stage()).isZero();
    assertThat(rollout(after(told, Samples::advance, dayLater)).run().stage()).isEqualTo(1);
  }

  @Nested
  class RollingBack {
    @Test
    void belowTheFloorIsRefused() {
      var floor = facts(V1, published(3));
      var over = completed(V2);
      var begun = accepted(over, start(V1, stages(Gate.MANUAL)), floor, T0).channel();

      var refused = refused(begun, Samples.rollBack(begun), floor, T0);

      assertThat(refused.reason()).isEqualTo(Reason.ROLLBACK_BELOW_FLOOR);
      assertThat(refused.detail()).contains("1.0.0", "2.0.0", "floor to 3");
    }

    @ParameterizedTest
    @EnumSource(
        value = Publication.class,
        names = {"UNKNOWN", "WITHDRAWN"})
    void toWhatIsGoneIsRefused(Publication publication) {
      var begun = after(completed(V2), start(V1, stages(Gate.MANUAL)), T0);
      var gone = facts(V2, new Release(publication, 0));

      var refused = refused(begun, Samples.rollBack(begun), gone, T0);

      assertThat(refused.reason()).isEqualTo(Reason.ROLLBACK_TARGET_GONE);
    }

    @Test
    void toTheStoresBuildIsAlwaysPossible() {
      var floor = facts(V1, published(3));
      var begun = accepted(channel(), start(V1, stages(Gate.MANUAL)), floor, T0).channel();
      assertThat(rollout(accepted(begun, Samples.rollBack(begun), floor, T0).channel()).state())
          .isEqualTo(RolloutState.ROLLED_BACK);
    }

    @Test
    void thatReportsAskForInVainPausesQuarantinesAndSaysSo() {
      // Given
      var floor = facts(V1, published(3));
      var begun = accepted(completed(V2), start(V1, stages(Gate.EVIDENCE)), floor, T0).channel();
      var condemned = verdict(begun, 1, Health.UNHEALTHY, Action.ROLL_BACK);

      // When
      var accepted = accepted(begun, heard(condemned), floor, T0);

      // Then
      assertThat(accepted.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(AlertRaised.class, RolloutPaused.class, VersionQuarantined.class);
      assertThat(((AlertRaised) accepted.events().getFirst()).alert())
          .isEqualTo(Alert.ROLLBACK_IMPOSSIBLE);
      assertThat(accepted.channel().state().rollout()).isNull();
      assertThat(accepted.channel().state().quarantined()).containsExactly(V1);
      assertThat(refused(accepted.channel(), Samples.resume(accepted.channel()), T0).reason())
          .isEqualTo(Reason.VERSION_QUARANTINED);
      var again = verdict(begun, 2, Health.UNHEALTHY, Action.ROLL_BACK);
      assertThat(accepted(accepted.channel(), heard(again), floor, T0).events()).isEmpty();
    }

    @Test
    void quarantinesTooWhereThePolicySaysSo() {
      var policy = Policy.CAUTIOUS.with(asked -> asked.quarantine = Policy.Quarantine.AUTO);
      var begun =
          after(
              channel(),
              new Order.Start(proposal(V1, stages(Gate.EVIDENCE), policy), false, ANNA, null),
              T0);

      var accepted =
          accepted(begun, heard(verdict(begun, 1, Health.UNHEALTHY, Action.ROLL_BACK)), T0);

      assertThat(accepted.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(RolledBack.class, VersionQuarantined.class);
    }
  }

  @Nested
  class Quarantining {
    @Test
    void rollsBackWhatIsUnderWay() {
      var accepted = accepted(running(Gate.TIME), new Order.Quarantine(V1, false, ANNA), T0);
      assertThat(accepted.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(RolledBack.class, VersionQuarantined.class);
      assertThat(refused(accepted.channel(), start(V1, stages(Gate.TIME)), T0).reason())
          .isEqualTo(Reason.VERSION_QUARANTINED);
    }

    @Test
    void aBaselineNeedsForceAndFallsBack() {
      // Given
      var second = after(completed(V1), start(V2, stages(Gate.TIME, "100 %")), T0);
      var baseline = after(second, Samples::advance, T0);

      // When
      var refused = refused(baseline, new Order.Quarantine(V2, false, ANNA), T0);
      var forced = accepted(baseline, new Order.Quarantine(V2, true, ANNA), T0);

      // Then
      assertThat(refused.reason()).isEqualTo(Reason.VERSION_IS_BASELINE);
      assertThat(forced.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(VersionQuarantined.class, BaselineReplaced.class);
      assertThat(forced.channel().baseline()).isEqualTo(V1);
      var again = accepted(forced.channel(), new Order.Quarantine(V1, true, ANNA), T0);
      assertThat(again.channel().baseline()).isEqualTo(Version.BUILTIN);
    }

    @Test
    void aVersionThatIsNowhereIsRememberedAndOnce() {
      var once = accepted(channel(), new Order.Quarantine(V3, false, ANNA), T0);
      assertThat(once.events()).singleElement().isInstanceOf(VersionQuarantined.class);
      assertThat(accepted(once.channel(), new Order.Quarantine(V3, false, ANNA), T0).events())
          .isEmpty();
    }
  }

  @Nested
  class Superseding {
    @Test
    void keepsTheCohortsAndHoldsTheOldVersion() {
      // Given
      var first = running(Gate.EVIDENCE);

      // When
      var accepted = accepted(first, superseding(V2, stages(Gate.EVIDENCE)), T0.plusSeconds(9));

      // Then
      assertThat(accepted.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(RolloutSuperseded.class, RolloutStarted.class, StageEntered.class);
      var state = accepted.channel().state();
      assertThat(state.rollout().version()).isEqualTo(V2);
      assertThat(state.rollout().salt()).isEqualTo(first.state().rollout().salt());
      assertThat(state.hold()).containsExactly(V1);
      var complete = after(accepted.channel(), Samples::rollBack, T0.plusSeconds(10));
      assertThat(complete.hold()).isEmpty();
    }

    @Test
    void withTheSameVersionIsRefused() {
      assertThat(refused(running(Gate.TIME), superseding(V1, stages(Gate.TIME)), T0).reason())
          .isEqualTo(Reason.ROLLOUT_ACTIVE);
    }

    @Test
    void whereNothingIsUnderWayIsAPlainStart() {
      assertThat(accepted(channel(), superseding(V1, stages(Gate.TIME)), T0).events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(RolloutStarted.class, StageEntered.class);
    }
  }

  @Nested
  class Scheduled {
    @Test
    void startsAtItsTime() {
      var at = T0.plus(Duration.ofHours(8));
      var scheduled = scheduled(channel(), V1);

      assertThat(accepted(scheduled, new Order.ClockTick(), at.minusMillis(1)).events()).isEmpty();
      assertThat(accepted(scheduled, new Order.ClockTick(), at).events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(RolloutStarted.class, StageEntered.class);
    }

    @Test
    void doesNotStartHoursLate() {
      var scheduled = scheduled(channel(), V1);
      var late = T0.plus(Duration.ofHours(8)).plus(Starts.LATEST_START).plusSeconds(1);
      assertThat(accepted(scheduled, new Order.ClockTick(), late).events())
          .singleElement()
          .isInstanceOf(RolloutReturned.class);
    }

    @Test
    void isADraftAgainIfItCannotStart() {
      // Given
      var busy = after(scheduled(channel(), V1), start(V2, stages(Gate.TIME)), T0);

      // When
      var returned =
          accepted(busy, new Order.ClockTick(), T0.plus(Duration.ofHours(8))).events().stream()
              .filter(RolloutReturned.class::isInstance)
              .map(RolloutEvent::subject)
              .toList();

      // Then
      assertThat(returned).singleElement().satisfies(it -> assertThat(it.version()).isEqualTo(V1));
    }

    private static Channel scheduled(Channel channel, Version version) {
      var proposal = proposal(version, stages(Gate.MANUAL));
      var drafted = after(channel, new Order.Draft(proposal, null, ANNA), T0);
      return after(
          drafted, new Order.Schedule(proposal.id(), T0.plus(Duration.ofHours(8)), ANNA, null), T0);
    }
  }

  @Test
  void whoAsksForTheApprovalCannotGiveIt() {
    var proposal = proposal(V1, stages(Gate.MANUAL));
    var drafted = after(channel(), new Order.Draft(proposal, null, ANNA), T0);
    var submitted = after(drafted, new Order.Submit(proposal.id(), ANNA, null), T0);

    assertThat(refused(submitted, new Order.Approve(proposal.id(), false, ANNA, null), T0).reason())
        .isEqualTo(Reason.SAME_PERSON);
    assertThat(
            rollout(
                    after(
                        submitted, new Order.Approve(proposal.id(), false, Samples.BERT, null), T0))
                .state())
        .isEqualTo(RolloutState.RUNNING);
  }

  @Test
  void targetingIsCheckedWhenItIsSaved() {
    var broken =
        new Order.Proposal(
            proposal(V1, stages(Gate.MANUAL)).id(),
            V1,
            stages(Gate.MANUAL),
            Policy.CAUTIOUS,
            List.of(new dev.slipway.contracts.rollout.Condition.OsVersion("x", null)),
            Salt.draw(new java.security.SecureRandom()));
    var refused = refused(channel(), new Order.Start(broken, false, ANNA, null), T0);
    assertThat(refused.reason()).isEqualTo(Reason.TARGETING_INVALID);
    assertThat(refused.facts()).containsEntry("pointer", "/targeting/0/from");
  }

  private static Channel completed(Version version) {
    var last = after(channel(), start(version, stages(Gate.EVIDENCE, "100 %")), T0);
    return after(last, Samples::advance, T0);
  }
}
