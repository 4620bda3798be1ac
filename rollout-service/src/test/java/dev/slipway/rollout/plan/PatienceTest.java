package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.APP;
import static dev.slipway.rollout.plan.Samples.HOLD;
import static dev.slipway.rollout.plan.Samples.PRODUCTION;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.accepted;
import static dev.slipway.rollout.plan.Samples.after;
import static dev.slipway.rollout.plan.Samples.facts;
import static dev.slipway.rollout.plan.Samples.heard;
import static dev.slipway.rollout.plan.Samples.rollout;
import static dev.slipway.rollout.plan.Samples.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.telemetry.Verdict.Interval;
import dev.slipway.contracts.telemetry.Verdict.Shortfall;
import dev.slipway.rollout.plan.SimulatedRollout.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A condemned version whose reports are too few to roll it back: when it is paused, and what that
/// means for whole rollouts by the default policy.
class PatienceTest {

  private static final long SEED = 20261125;
  private static final Policy KNOWN = Policy.forBaseRate(0.01, true);
  private static final Policy AT_ONCE = KNOWN.with(asked -> asked.patience = Duration.ZERO);
  private static final long FLEET = 100_000;
  private static final Duration PATIENCE = Policy.CAUTIOUS.patience();

  @Nested
  class OneVerdict {
    /// After ten minutes of the first stage, 1 % of 100,000 devices.
    private final java.time.Instant now = T0.plus(Duration.ofMinutes(10));

    @Test
    void thatLacksWhatTheStageWillBringDoesNotPause() {
      // Given
      var before = running(Gate.EVIDENCE);

      // When
      var told = accepted(before, heard(condemning(before, 1, 60, 15)), known(before), now);

      // Then
      assertThat(told.events())
          .singleElement()
          .isInstanceOfSatisfying(
              AlertRaised.class, it -> assertThat(it.alert()).hasToString("UNHEALTHY"));
      assertThat(rollout(told.channel()).state()).isEqualTo(RolloutState.RUNNING);
      assertThat(rollout(told.channel()).dueAt(now)).contains(now.plus(PATIENCE));
      assertThat(told.channel().state().rollout().paused()).isFalse();
    }

    @Test
    void opensNoStageWhileItWaits() {
      var before = running(Gate.TIME);
      var told = accepted(before, heard(condemning(before, 1, 60, 15)), known(before), now);
      var late = T0.plus(HOLD);

      var tick = accepted(told.channel(), new Order.ClockTick(), known(before), late);

      assertThat(tick.events()).isEmpty();
      assertThat(rollout(tick.channel()).run().stage()).isZero();
    }

    @Test
    void pausesWhenTimeIsUp() {
      var before = running(Gate.EVIDENCE);
      var told = accepted(before, heard(condemning(before, 1, 60, 15)), known(before), now);
      var facts = known(before);

      var early =
          accepted(
              told.channel(),
              heard(condemning(before, 2, 299, 70)),
              facts,
              now.plus(PATIENCE).minusMillis(60_000));
      var late = accepted(early.channel(), new Order.ClockTick(), facts, now.plus(PATIENCE));

      assertThat(early.events()).isEmpty();
      assertThat(late.events()).singleElement().isInstanceOf(RolloutPaused.class);
    }

    @Test
    void rollsBackAsSoonAsItMay() {
      var before = running(Gate.EVIDENCE);
      var told = accepted(before, heard(condemning(before, 1, 60, 15)), known(before), now);
      var enough = verdict(before, 2, Action.ROLL_BACK, 300, 75, null, 0.1);

      var rolledBack = accepted(told.channel(), heard(enough), known(before), now.plusSeconds(60));

      assertThat(rolledBack.events()).singleElement().isInstanceOf(RolledBack.class);
    }

    @Test
    void pausesWhereSomebodyHasToAnswer() {
      // What reports cannot bring: no figures are lacking, but the policy or the rate is in the
      // way.
      assertPausedAtOnce(null, FLEET, 0.1);
    }

    @Test
    void pausesWhereTheStageIsTooSmall() {
      // 1 % of 20,000 devices are 200.
      assertPausedAtOnce(new Shortfall(240, 5, 0, 60, 15), 20_000, 0.1);
    }

    @Test
    void pausesWhereMostStartsFail() {
      assertPausedAtOnce(new Shortfall(240, 5, 0, 60, 15), FLEET, 0.51);
    }

    @Test
    void pausesWhereHardlyAnyOfTheFailuresAreKnownOnes() {
      // 2 more known failures of 1 in 50 are 100 attempts of known devices, 2,500 in all.
      assertPausedAtOnce(new Shortfall(0, 2, 0, 4, 0), FLEET, 0.1);
      assertPausedAtOnce(new Shortfall(300, 20, 10, 0, 0), FLEET, 0.1);
      assertPausedAtOnce(new Shortfall(298, 20, 10, 2, 0), FLEET, 0.1);
    }

    @Test
    void pausesWhereThePaceIsTooSlow() {
      var before = running(Gate.EVIDENCE);
      var slow = T0.plus(Duration.ofMinutes(30));

      // 60 attempts in 30 min, 76 with some luck: 240 more take 95 min.
      var told = accepted(before, heard(condemning(before, 1, 60, 15)), known(before), slow);

      assertThat(rollout(told.channel()).state()).isEqualTo(RolloutState.PAUSED);
    }

    @Test
    void asksNobodyWhoOverruledIt() {
      var before = running(Gate.EVIDENCE);
      var facts = known(before);
      var slow = T0.plus(Duration.ofMinutes(30));
      var paused = accepted(before, heard(condemning(before, 1, 60, 15)), facts, slow).channel();
      var resumed = after(paused, Samples::resume, slow);

      var later = slow.plus(PATIENCE).plus(PATIENCE);
      var told = accepted(resumed, heard(condemning(before, 2, 90, 20)), facts, later);

      assertThat(told.events()).isEmpty();
      assertThat(rollout(told.channel()).state()).isEqualTo(RolloutState.RUNNING);
      assertThat(rollout(told.channel()).dueAt(later)).isEmpty();
    }

    private void assertPausedAtOnce(Shortfall lacking, long fleet, double surelyFails) {
      var before = running(Gate.EVIDENCE);
      var verdict = verdict(before, 1, Action.PAUSE, 60, 15, lacking, surelyFails);

      var told = accepted(before, heard(verdict), facts(rollout(before).id(), fleet), now);

      assertThat(told.events())
          .<Class<?>>extracting(Object::getClass)
          .containsExactly(AlertRaised.class, RolloutPaused.class);
    }

    private static Facts known(Channel channel) {
      return facts(rollout(channel).id(), FLEET);
    }

    private static Verdict condemning(
        Channel channel, long revision, long attempts, long failures) {
      var lacking =
          new Shortfall(300 - attempts, Math.max(0, 20 - failures), 0, attempts, failures);
      return verdict(channel, revision, Action.PAUSE, attempts, failures, lacking, 0.1);
    }

    private static Verdict verdict(
        Channel channel,
        long revision,
        Action action,
        long attempts,
        long failures,
        Shortfall lacking,
        double surelyFails) {
      var parts =
          new Verdict.Parts(
              4_000,
              1,
              4_000,
              1,
              1,
              1,
              1,
              0.05,
              new Interval(surelyFails, 1),
              List.of(),
              List.of(),
              0.1);
      return new Verdict(
          rollout(channel).id(),
          APP,
          PRODUCTION,
          revision,
          Health.UNHEALTHY,
          action,
          0,
          new Counts(attempts, failures, failures, 0, 20),
          3_000,
          0.1,
          new TreeMap<>(),
          new TreeMap<>(),
          "config",
          "so many failed",
          T0.plusSeconds(revision),
          parts,
          lacking);
    }
  }

  /// Fleets of 20,000 devices, so that the first stage of the default plan is 1,000 of them.
  @Nested
  class WholeRollouts {
    private static final int ROLLOUTS = 60;

    /// Devices come back after two hours on average: 500 an hour try the version at first.
    private static final Duration RETURN = Duration.ofHours(2);

    @ParameterizedTest
    @CsvSource({"0.05, 50", "0.10, 45", "0.35, 130"})
    void aBrokenReleaseIsRolledBack(double failing, long mostBroken) {
      // When
      var before = runs(failing, RETURN, AT_ONCE, nobody());
      var now = runs(failing, RETURN, KNOWN, nobody());

      // Then
      print("%.0f %% failing, paused at once".formatted(100 * failing), before);
      print("%.0f %% failing, with patience ".formatted(100 * failing), now);
      assertThat(rolledBack(now)).as("seed %s", SEED).isGreaterThanOrEqualTo(ROLLOUTS * 95 / 100);
      assertThat(now).allMatch(end -> end.state() != RolloutState.RUNNING);
      assertThat(medianBroken(now)).isLessThanOrEqualTo(mostBroken);
      if (failing >= 0.1) {
        assertThat(now).allMatch(end -> end.stage() == 0);
        assertThat(rolledBack(before)).isLessThan(ROLLOUTS / 10);
      }
    }

    @Test
    void whereNothingIsUsualYetOneInThreeIsEnough() {
      var ends = runs(0.35, RETURN, Policy.CAUTIOUS, nobody());
      print("35 % failing, nothing usual yet ", ends);
      assertThat(rolledBack(ends)).isGreaterThanOrEqualTo(ROLLOUTS * 95 / 100);
    }

    /// They all went back by themselves; waiting would only break more of them.
    @Test
    void whatHardlyEverStartsIsPausedAtOnce() {
      var ends = runs(0.95, RETURN, KNOWN, nobody());
      print("95 % failing, paused at once", runs(0.95, RETURN, AT_ONCE, nobody()));
      print("95 % failing, with patience ", ends);
      assertThat(ends).allMatch(end -> end.state() == RolloutState.PAUSED);
      assertThat(medianBroken(ends)).isLessThanOrEqualTo(20);
    }

    /// A day on average: the first stage brings 42 devices an hour, too few to wait for.
    @Test
    void aSlowFleetIsPausedAtOnce() {
      var before = runs(0.35, Duration.ofDays(1), AT_ONCE, nobody());
      var now = runs(0.35, Duration.ofDays(1), KNOWN, nobody());
      print("35 % failing, slow fleet, paused at once", before);
      print("35 % failing, slow fleet, with patience ", now);
      assertThat(now).allMatch(end -> end.state() == RolloutState.PAUSED);
      assertThat(medianBroken(now)).isLessThanOrEqualTo(medianBroken(before) + 15);
    }

    @Test
    void aHealthyReleaseIsNeitherPausedNorRolledBack() {
      var ends = runs(0.01, RETURN, KNOWN, nobody());
      print("1 % failing, as usual", ends);
      assertThat(ends).allMatch(end -> end.state() == RolloutState.COMPLETED);
    }

    /// Devices that nobody knew before say that a healthy release fails: 20 from each of 500
    /// networks at once, or one in each 15 s.
    @ParameterizedTest
    @CsvSource({"10000, 1", "200, 1", "1, 100000"})
    void madeUpFailuresPauseAtMost(int devices, int steps) {
      IntFunction<List<Count>> madeUp =
          step -> step < steps ? fresh(step, devices, 1, 0) : List.of();
      var ends = runs(0.01, RETURN, KNOWN, madeUp);
      print("%,d made-up failures in %,d steps".formatted(devices, steps), ends);
      assertThat(rolledBack(ends)).isZero();
      assertThat(ends)
          .allMatch(end -> end.condemnedAt() == null || end.state() == RolloutState.PAUSED)
          .allMatch(
              end ->
                  end.condemnedAt() == null
                      || end.endedAt().minus(end.condemnedAt()).compareTo(PATIENCE) <= 0);
    }

    /// Made-up attempts over real failures: at most the pause comes later, within the patience and
    /// the one stage.
    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "20, 0"})
    void madeUpAttemptsDelayThePauseAtMost(int devices, int failures) {
      var ends = runs(0.35, RETURN, KNOWN, step -> fresh(step, devices, failures, 0));
      print("35 %% failing, %d made-up attempts a step".formatted(devices), ends);
      assertThat(ends)
          .filteredOn(end -> end.condemnedAt() != null)
          .allMatch(end -> end.state() != RolloutState.RUNNING && end.stage() == 0)
          .allMatch(end -> end.endedAt().minus(end.condemnedAt()).compareTo(PATIENCE) <= 0);
    }

    private static IntFunction<List<Count>> nobody() {
      return step -> List.of();
    }

    /// Devices that were never heard of, spread over 500 networks.
    private static List<Count> fresh(int step, int devices, int failures, int confirmed) {
      var counts = new ArrayList<Count>();
      for (int i = 0; i < devices; i++) {
        counts.add(
            SimulatedRollout.start(
                0, Platform.ANDROID, Sender.FRESH, "x" + (step + i) % 500, 1, failures, confirmed));
      }
      return counts;
    }

    private static List<End> runs(
        double failing, Duration returnTime, Policy policy, IntFunction<List<Count>> madeUp) {
      var ends = new ArrayList<End>();
      for (int i = 0; i < ROLLOUTS; i++) {
        ends.add(
            new SimulatedRollout(SEED + i, failing, returnTime, policy, madeUp)
                .run(Duration.ofHours(36)));
      }
      return ends;
    }

    private static long rolledBack(List<End> ends) {
      return ends.stream().filter(end -> end.state() == RolloutState.ROLLED_BACK).count();
    }

    private static long medianBroken(List<End> ends) {
      return ends.stream()
          .mapToLong(End::broken)
          .sorted()
          .skip(ends.size() / 2)
          .findFirst()
          .orElse(0);
    }

    private static void print(String what, List<End> ends) {
      var ended = ends.stream().map(End::endedAt).sorted().toList();
      System.out.printf(
          "seed %d: %s: %d rolled back, %d paused, %d else of %d; broken devices at the median %d;"
              + " over after %s at the median%n",
          SEED,
          what,
          rolledBack(ends),
          ends.stream().filter(end -> end.state() == RolloutState.PAUSED).count(),
          ends.stream()
              .filter(
                  end ->
                      end.state() != RolloutState.PAUSED && end.state() != RolloutState.ROLLED_BACK)
              .count(),
          ends.size(),
          medianBroken(ends),
          ended.get(ends.size() / 2));
    }
  }
}
