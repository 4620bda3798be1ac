package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AbsoluteTestTest {

  private static final long SEED = 20261122;
  private static final double CONDEMNS = 1_000;

  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void nothingSeenIsNoEvidence() {
    double eValue = new AbsoluteTest(0.015).eValue(0, 0);

    assertThat(eValue).isCloseTo(1, within(1e-12));
  }

  @Test
  void isTheMeanOfTheLikelihoodRatiosOverTheGrid() {
    // Given
    double p0 = 0.02;
    double sum = 0;
    for (int j = 0; j < 24; j++) {
      double p = 0.03 * Math.pow(0.6 / 0.03, j / 23.0);
      sum += Math.pow(p / p0, 7) * Math.pow((1 - p) / (1 - p0), 93);
    }

    // When
    double eValue = new AbsoluteTest(p0).eValue(100, 7);

    // Then
    assertThat(eValue).isCloseTo(sum / 24, within(1e-9 * sum));
  }

  /** The figures of the design: a release is condemned after this many attempts at the median. */
  @ParameterizedTest
  @CsvSource({
    "0.010, 0.10, 54",
    "0.010, 0.05, 185",
    "0.010, 0.03, 596",
    "0.015, 0.10, 71",
    "0.015, 0.05, 300",
    "0.015, 0.03, 1380",
  })
  void findsABrokenReleaseAfter(double tolerated, double rate, int median) {
    var test = new AbsoluteTest(tolerated);

    long[] found =
        IntStream.range(0, 3_001)
            .mapToLong(i -> condemnedAt(test, rate, 100_000))
            .sorted()
            .toArray();

    assertThat(found[found.length / 2])
        .as("seed %s, tolerance 8 %%", SEED)
        .isBetween(Math.round(median * 0.92), Math.round(median * 1.08));
  }

  @ParameterizedTest
  @CsvSource({
    "0.010, 0.010, 20000, 3000",
    "0.015, 0.015, 20000, 3000",
    "0.010, 0.010, 100000, 500"
  })
  void aReleaseAsBadAsToleratedIsHardlyEverCondemned(
      double tolerated, double rate, int attempts, int rollouts) {
    var test = new AbsoluteTest(tolerated);

    long condemned =
        IntStream.range(0, rollouts)
            .filter(i -> condemnedAt(test, rate, attempts) <= attempts)
            .count();

    // A thousandth of them, and five standard deviations on top.
    double expected = rollouts / CONDEMNS;
    System.out.printf(
        "seed %d: %d of %d rollouts condemned at p0 = %s over %d attempts%n",
        SEED, condemned, rollouts, tolerated, attempts);
    assertThat((double) condemned)
        .as("seed %s", SEED)
        .isLessThanOrEqualTo(expected + 5 * Math.sqrt(expected));
  }

  /**
   * Failures are heard of after 15 s, successes after 2 min or a day; only the attempts are in the
   * denominator, so the delay of successes changes nothing at all, and that of failures never makes
   * the evidence stronger.
   */
  @Test
  void lateReportsNeverMakeTheEvidenceStronger() {
    var test = new AbsoluteTest(0.015);
    for (int rollout = 0; rollout < 50; rollout++) {
      // Given a fleet in which an attempt begins each second
      int attempts = 3_000;
      boolean[] fails = new boolean[attempts];
      for (int i = 0; i < attempts; i++) fails[i] = random.nextDouble() < 0.02;

      // When
      double[] atOnce = evidenceOverTime(test, fails, 0, 0);
      double[] delayed = evidenceOverTime(test, fails, 15, 120);
      double[] muchDelayed = evidenceOverTime(test, fails, 15, 86_400);

      // Then
      assertThat(muchDelayed).as("seed %s", SEED).isEqualTo(delayed);
      for (int i = 0; i < attempts; i++) {
        assertThat(delayed[i]).as("seed %s", SEED).isLessThanOrEqualTo(atOnce[i]);
      }
    }
  }

  @Test
  void theSameCountsGiveTheSameBits() {
    assertThat(Double.doubleToLongBits(new AbsoluteTest(0.015).eValue(12_345, 234)))
        .isEqualTo(Double.doubleToLongBits(new AbsoluteTest(0.015).eValue(12_345, 234)));
  }

  @ParameterizedTest
  @CsvSource({
    "0.015, 1000000, 1000000",
    "0.000001, 2000000000, 2000000000",
    "0.35, 9000000000000000, 9000000000000000",
  })
  void overwhelmingEvidenceStaysFinite(double tolerated, long attempts, long failures) {
    assertThat(new AbsoluteTest(tolerated).eValue(attempts, failures)).isEqualTo(AbsoluteTest.MAX);
  }

  @ParameterizedTest
  @CsvSource({"0.015, 1000000000, 0", "0.35, 9000000000000000, 0", "0.000001, 9000000000000000, 0"})
  void noFailureAtAllIsNoEvidence(double tolerated, long attempts, long failures) {
    assertThat(new AbsoluteTest(tolerated).eValue(attempts, failures)).isBetween(0.0, 1e-6);
  }

  @Test
  void refusesImpossibleCounts() {
    var test = new AbsoluteTest(0.015);

    assertThatThrownBy(() -> test.eValue(3, 4)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> test.eValue(3, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AbsoluteTest(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AbsoluteTest(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The attempt at which the evidence first condemns; it can only rise with a failure. */
  private long condemnedAt(AbsoluteTest test, double rate, int horizon) {
    long attempt = 0;
    long failures = 0;
    while (true) {
      attempt += 1 + (long) (Math.log1p(-random.nextDouble()) / Math.log1p(-rate));
      if (attempt > horizon) return Long.MAX_VALUE;
      failures++;
      if (test.eValue(attempt, failures) >= CONDEMNS) return attempt;
    }
  }

  private static double[] evidenceOverTime(
      AbsoluteTest test, boolean[] fails, int failureDelay, int successDelay) {
    var reports = new PriorityQueue<long[]>((a, b) -> Long.compare(a[0], b[0]));
    double[] evidence = new double[fails.length];
    long failures = 0;
    long confirmed = 0;
    for (int second = 0; second < fails.length; second++) {
      reports.add(
          new long[] {
            second + (fails[second] ? failureDelay : successDelay), fails[second] ? 1 : 0
          });
      while (!reports.isEmpty() && reports.element()[0] <= second) {
        if (reports.remove()[1] == 1) failures++;
        else confirmed++;
      }
      assertThat(confirmed).isLessThanOrEqualTo(second + 1);
      evidence[second] = test.eValue(second + 1, failures);
    }
    assertThat(Arrays.stream(evidence).allMatch(Double::isFinite)).isTrue();
    return evidence;
  }
}
