package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelativeTestTest {

  private static final long SEED = 20261124;
  private static final double CONDEMNS = 1_000;
  private static final int CONTROLS = 9;
  private static final double BASE = 0.01;

  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  void isTheMeanOfTheLikelihoodRatiosOverTheGrid() {
    // Given
    double r0 = 1.5;
    double w = 0.25;
    double sum = 0;
    for (int j = 0; j < 24; j++) {
      double r = 2.25 * Math.pow(50 / 2.25, j / 23.0);
      double theta = w * r / (w * r + 1);
      double theta0 = w * r0 / (w * r0 + 1);
      sum += Math.pow(theta / theta0, 6) * Math.pow((1 - theta) / (1 - theta0), 5);
    }

    // When
    double[] seen = RelativeTest.nothing();
    var test = new RelativeTest(r0);
    test.add(seen, 4, 3, w);
    test.add(seen, 2, 2, w);

    // Then
    assertThat(test.eValue(seen)).isCloseTo(sum / 24, within(1e-9 * sum));
    assertThat(test.eValue(RelativeTest.nothing())).isCloseTo(1, within(1e-12));
  }

  /** The figures of the design: exposed attempts until a release is condemned, at the median. */
  @ParameterizedTest
  @CsvSource({"0.10, 69", "0.05, 223", "0.03, 701"})
  void findsABrokenReleaseAfter(double rate, int median) {
    var test = new RelativeTest(1);

    int[] found =
        IntStream.range(0, 2_001).map(i -> condemnedAt(test, rate, 30_000)).sorted().toArray();

    System.out.printf(
        "seed %d: relative test finds %s after %d%n", SEED, rate, found[found.length / 2]);
    assertThat(found[found.length / 2])
        .as("seed %s, tolerance 10 %%", SEED)
        .isBetween((int) (median * 0.9), (int) (median * 1.1));
  }

  @Test
  void armsThatFailAlikeAreHardlyEverCondemned() {
    var test = new RelativeTest(1);
    int rollouts = 2_000;

    long condemned =
        IntStream.range(0, rollouts)
            .filter(i -> condemnedAt(test, BASE, 10_000) < Integer.MAX_VALUE)
            .count();

    System.out.printf(
        "seed %d: relative test condemns %d of %d alike%n", SEED, condemned, rollouts);
    assertThat((double) condemned)
        .as("seed %s", SEED)
        .isLessThanOrEqualTo(rollouts / CONDEMNS + 5 * Math.sqrt(rollouts / CONDEMNS));
  }

  @Test
  void staysFiniteAndRefusesWhatIsNoShare() {
    var test = new RelativeTest(1.5);
    double[] seen = RelativeTest.nothing();
    test.add(seen, 1_000_000_000, 0, 1e-6);

    assertThat(test.eValue(seen)).isEqualTo(AbsoluteTest.MAX);
    assertThatThrownBy(() -> test.add(seen, 1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> test.add(seen, 1, 0, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RelativeTest(0.9)).isInstanceOf(IllegalArgumentException.class);
  }

  private int condemnedAt(RelativeTest test, double rate, int horizon) {
    double[] seen = RelativeTest.nothing();
    for (int attempt = 1; attempt <= horizon; attempt++) {
      int a = random.nextDouble() < rate ? 1 : 0;
      int b = 0;
      for (int i = 0; i < CONTROLS; i++) if (random.nextDouble() < BASE) b++;
      if (a + b == 0) continue;
      test.add(seen, a, b, 1.0 / CONTROLS);
      if (a > 0 && test.eValue(seen) >= CONDEMNS) return attempt;
    }
    return Integer.MAX_VALUE;
  }
}
