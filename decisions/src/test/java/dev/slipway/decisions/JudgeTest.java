package dev.slipway.decisions;

import static dev.slipway.decisions.TallyTest.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Policy.OnUnhealthy;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.telemetry.Verdict.Shortfall;
import dev.slipway.decisions.Judge.Last;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JudgeTest {

  private static final Version VERSION = Version.of("1.4.2");
  private static final Policy KNOWN = Policy.forBaseRate(0.01, true);
  private static final long SEED = 20261122;

  @Test
  void theWeightsAddUpToOne() {
    double sum = 0;
    for (int k = 0; k < 40; k++) {
      assertThat(sum + Judge.weightOfTheRest(k)).isCloseTo(1, within(1e-12));
      sum += Judge.weight(k);
    }
  }

  @Test
  void nothingSeenIsInconclusive() {
    var judgement = judge(KNOWN, new Evidence(KNOWN), null);

    assertThat(judgement.health()).isEqualTo(Health.INCONCLUSIVE);
    assertThat(judgement.action()).isEqualTo(Action.NONE);
    assertThat(judgement.evidence()).isCloseTo(1, within(1e-12));
    assertThat(judgement.gate()).isCloseTo(1, within(1e-12));
  }

  @Test
  void manyFailuresFromManyNetworksRollBack() {
    var judgement = judge(KNOWN, spread(20, 20, 2, 0), null);

    assertThat(judgement.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(judgement.action()).isEqualTo(Action.ROLL_BACK);
    assertThat(judgement.counts().counted()).isEqualTo(40);
    assertThat(judgement.sentence())
        .matches(
            "40 of 400 devices failed to start 1\\.4\\.2; the app's usual rate is 1\\.0 %; were"
                + " 1\\.4\\.2 no worse than 1\\.5 %, data like these would appear in fewer than 1"
                + " of a billion rollouts");
  }

  @Test
  void theSentenceSaysHowRare() {
    // 12 of 214, spread over 12 networks
    var tally = spread(12, 17, 1, 3);
    tally.sum(count(0, "rest", 10, 0, 0));

    var judgement = judge(Policy.forBaseRate(0.01, true), tally, null);

    assertThat(judgement.sentence())
        .startsWith(
            "12 of 214 devices failed to start 1.4.2; the app's usual rate is 1.0 %; were 1.4.2 no"
                + " worse than 1.5 %, data like these would appear in fewer than 1 of ");
    assertThat(judgement.evidence()).isBetween(20.0, 1_000.0);
    assertThat(judgement.health()).isEqualTo(Health.DEGRADED);
    assertThat(judgement.sentence()).endsWith("no further stage opens");
  }

  @ParameterizedTest
  @CsvSource({
    // networks, attempts and failures in each, base rate known, what follows
    "20, 20, 2, true,  ROLLBACK, ROLL_BACK",
    "20, 20, 2, false, ROLLBACK, ROLL_BACK",
    "20, 30, 2, false, ROLLBACK, PAUSE",
    "20, 30, 2, true,  ROLLBACK, ROLL_BACK",
    "20, 20, 2, true,  PAUSE,    PAUSE",
    "20, 20, 2, true,  NOTIFY,   NONE",
    "20, 14, 2, true,  ROLLBACK, PAUSE",
    "19, 16, 1, true,  ROLLBACK, PAUSE",
    " 9, 40, 3, true,  ROLLBACK, PAUSE",
  })
  void rollsBackOnlyOnEnough(
      int networks,
      int attempts,
      int failures,
      boolean known,
      OnUnhealthy onUnhealthy,
      Action action) {
    var judgement =
        judge(policy(known, onUnhealthy, 10), spread(networks, attempts, failures, 0), null);

    assertThat(judgement.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(judgement.action()).isEqualTo(action);
  }

  @Test
  void saysWhatIsLackingToRollBack() {
    assertThat(judge(KNOWN, spread(8, 15, 2, 0), null).shortfall())
        .isEqualTo(new Shortfall(180, 4, 2, 120, 16));
    assertThat(judge(KNOWN, spread(20, 14, 2, 0), null).shortfall())
        .isEqualTo(new Shortfall(20, 0, 0, 280, 40));
    // Enough, nothing said, not this policy's doing, and what no number of attempts brings.
    assertThat(judge(KNOWN, spread(20, 20, 2, 0), null).shortfall()).isNull();
    assertThat(judge(KNOWN, spread(20, 500, 1, 450), null).shortfall()).isNull();
    assertThat(judge(policy(true, OnUnhealthy.PAUSE, 10), spread(20, 14, 2, 0), null).shortfall())
        .isNull();
    assertThat(judge(policy(false, OnUnhealthy.ROLLBACK, 10), spread(9, 31, 3, 0), null))
        .returns(Health.UNHEALTHY, Judgement::health)
        .returns(null, Judgement::shortfall);
  }

  @Test
  void unknownDevicesLackWhatTheyAre() {
    var evidence = spread(20, 2, 0, 0);
    for (int i = 0; i < 20; i++) {
      evidence.sum(
          EvidenceTest.count(Signal.START, Arm.EXPOSED, 0, Sender.FRESH, "n" + i, 10, 5, 0));
    }
    assertThat(judge(KNOWN, evidence, null))
        .returns(Action.PAUSE, Judgement::action)
        .returns(new Shortfall(260, 20, 10, 40, 0), Judgement::shortfall);
  }

  /** Condemned once, and not at the moment: the figures are what lacks. */
  @Test
  void lacksFiguresWhileTheEvidenceIsBelowItsLimit() {
    var last = new Last(Health.UNHEALTHY, Action.PAUSE);
    assertThat(judge(KNOWN, spread(20, 10, 0, 9), last).shortfall())
        .isEqualTo(new Shortfall(100, 20, 10, 200, 0));
    assertThat(judge(KNOWN, spread(20, 500, 1, 450), last).shortfall()).isNull();
  }

  @Test
  void oneNetworkAloneDoesNotCondemnALargeFleet() {
    // Given a thousand failures from one network among healthy attempts from thirty
    var tally = spread(30, 100, 0, 0);
    tally.sum(count(0, "attacker", 1_000, 1_000, 0));

    // When
    var judgement = judge(KNOWN, tally, null);

    // Then
    assertThat(judgement.counts().counted()).isEqualTo(3);
    assertThat(judgement.health()).isEqualTo(Health.INCONCLUSIVE);
    assertThat(judgement.sentence()).contains("3 of these failures count");
  }

  @Test
  void aSmallTrustedFleetNeedsNoTenNetworks() {
    var tally = new Evidence(KNOWN);
    tally.sum(count(0, "office", 400, 60, 0));

    assertThat(judge(policy(true, OnUnhealthy.ROLLBACK, 1), tally, null).action())
        .isEqualTo(Action.ROLL_BACK);
    assertThat(judge(policy(true, OnUnhealthy.ROLLBACK, 10), tally, null).action())
        .isEqualTo(Action.NONE);
  }

  @Test
  void unhealthyStaysAndItsActionOnlyRises() {
    var broken = spread(20, 20, 2, 0);
    var healthy = spread(20, 500, 1, 450);

    assertThat(judge(KNOWN, healthy, null).health()).isEqualTo(Health.HEALTHY);
    assertThat(judge(KNOWN, healthy, new Last(Health.UNHEALTHY, Action.PAUSE)))
        .returns(Health.UNHEALTHY, Judgement::health)
        .returns(Action.PAUSE, Judgement::action);
    assertThat(judge(KNOWN, healthy, new Last(Health.UNHEALTHY, Action.ROLL_BACK)).action())
        .isEqualTo(Action.ROLL_BACK);
    assertThat(judge(KNOWN, broken, new Last(Health.UNHEALTHY, Action.PAUSE)).action())
        .isEqualTo(Action.ROLL_BACK);
    assertThat(judge(KNOWN, healthy, new Last(Health.DEGRADED, Action.NONE)).health())
        .isEqualTo(Health.HEALTHY);
  }

  @Test
  void theGateOpensOnConfirmedStartsOnly() {
    assertThat(judge(KNOWN, spread(20, 500, 0, 0), null).health()).isEqualTo(Health.INCONCLUSIVE);
    assertThat(judge(KNOWN, spread(20, 500, 0, 10), null).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void oneNetworkAloneDoesNotPromote() {
    var tally = spread(20, 100, 0, 1);
    tally.sum(count(0, "attacker", 5_000, 0, 5_000));

    assertThat(judge(KNOWN, tally, null).health()).isEqualTo(Health.INCONCLUSIVE);
  }

  @Test
  void aReleaseAsBadAsTheLimitHardlyEverPassesTheGate() {
    // Given
    var random = new SplittableRandom(SEED);
    var gate = new PromotionGate(KNOWN);
    double limit = 0.03;
    int passed = 0;
    int rollouts = 4_000;

    // When
    for (int rollout = 0; rollout < rollouts; rollout++) {
      long failures = 0;
      for (int ended = 1; ended <= 2_000; ended++) {
        if (random.nextDouble() < limit) failures++;
        if (gate.isOpen(gate.eValue(ended - failures, failures))) {
          passed++;
          break;
        }
      }
    }

    // Then: beta is 5 %, and five standard deviations.
    System.out.printf("seed %d: %d of %d pass the gate at its limit%n", SEED, passed, rollouts);
    assertThat(passed).as("seed %s", SEED).isLessThan(200 + 5 * 14).isGreaterThan(20);
  }

  @Test
  void theGateNeedsFewConfirmedStartsOfAHealthyRelease() {
    var gate = new PromotionGate(KNOWN);

    assertThat(gate.isOpen(gate.eValue(200, 0))).isTrue();
    assertThat(gate.isOpen(gate.eValue(100, 0))).isFalse();
    assertThat(gate.eValue(Long.MAX_VALUE / 2, 0)).isEqualTo(AbsoluteTest.MAX);
  }

  @Test
  void aTinyToleratedRateStillHasAGate() {
    var policy = Policy.forBaseRate(0, true).with(asked -> asked.tolerated = 0.0001);
    var gate = new PromotionGate(policy);

    assertThat(gate.eValue(100_000, 0)).isGreaterThan(20);
    assertThat(gate.eValue(0, 1)).isLessThan(1);
  }

  /** A stage that is broken behind many healthy attempts is found by its own process. */
  @Test
  void findsALateOnset() {
    var tally = spread(20, 2_000, 10, 1_900);
    assertThat(judge(KNOWN, tally, null).health()).isEqualTo(Health.HEALTHY);

    for (int i = 0; i < 20; i++) tally.sum(count(3, "n" + i, 20, 2, 0));

    var counts = tally.starts().counts(10);
    assertThat(counts.failures() / (double) counts.attempts()).isLessThan(KNOWN.tolerated());
    assertThat(judge(KNOWN, tally, null))
        .returns(Health.UNHEALTHY, Judgement::health)
        .returns(3, Judgement::stage);
  }

  /** All stages together, with their weights and caps: hardly any false alarm. */
  @Test
  void aReleaseAsBadAsToleratedIsHardlyEverCondemnedOverItsStages() {
    // Given
    var random = new SplittableRandom(SEED);
    int condemned = 0;
    int rollouts = 1_500;
    int[] attemptsOf = {300, 600, 1_200, 2_400};

    // When
    for (int rollout = 0; rollout < rollouts; rollout++) {
      var judge = new Judge(VERSION, KNOWN);
      var tally = new Evidence(KNOWN);
      Last last = null;
      for (int stage = 0; stage < attemptsOf.length; stage++) {
        for (int step = 0; step < 12; step++) {
          for (int i = 0; i < attemptsOf[stage] / 12; i++) {
            String network = "n" + random.nextInt(25);
            boolean fails = random.nextDouble() < KNOWN.tolerated();
            tally.sum(count(stage, network, 1, fails ? 1 : 0, 0));
          }
          var judgement = judge.judge(tally, last);
          last = new Last(judgement.health(), judgement.action());
        }
      }
      if (last.health() == Health.UNHEALTHY) condemned++;
    }

    // Then
    System.out.printf("seed %d: %d of %d rollouts condemned%n", SEED, condemned, rollouts);
    assertThat(condemned).as("seed %s", SEED).isLessThanOrEqualTo(7);
  }

  private static Judgement judge(Policy policy, Evidence tally, Last last) {
    return new Judge(VERSION, policy).judge(tally, last);
  }

  private static Policy policy(boolean known, OnUnhealthy onUnhealthy, int minNetworks) {
    return Policy.forBaseRate(0.01, known)
        .with(
            asked -> {
              asked.onUnhealthy = onUnhealthy;
              asked.minNetworks = minNetworks;
            });
  }

  /** The same counts in each of some networks. */
  private static Evidence spread(int networks, long attempts, long failures, long confirmed) {
    var tally = new Evidence(KNOWN);
    for (int i = 0; i < networks; i++) {
      tally.sum(count(0, "n" + i, attempts, failures, confirmed));
    }
    return tally;
  }
}
