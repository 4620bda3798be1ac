package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConfidenceSequenceTest {

  private static final long SEED = 20261124;

  @Test
  void nothingSeenSaysNothing() {
    assertThat(ConfidenceSequence.of(0, 0, 0).low()).isZero();
    assertThat(ConfidenceSequence.of(0, 0, 0).high()).isEqualTo(1);
  }

  @Test
  void isWhereTheLikelihoodReachesTheMixture() {
    // 1 failure of 2: ∫ p(1−p) = 1/6; p(1−p) = 1/120 at p = (1 ± sqrt(1 − 4/120)) / 2
    var interval = ConfidenceSequence.of(1, 2, 2);

    assertThat(interval.low()).isCloseTo((1 - Math.sqrt(1 - 4 / 120.0)) / 2, within(1e-9));
    assertThat(interval.high()).isCloseTo((1 + Math.sqrt(1 - 4 / 120.0)) / 2, within(1e-9));
  }

  @Test
  void getsNarrowerAndStaysFinite() {
    var small = ConfidenceSequence.of(12, 214, 192);
    var large = ConfidenceSequence.of(12_000_000, 214_000_000, 192_000_000);

    assertThat(small.low()).isBetween(0.01, 12 / 214.0);
    assertThat(small.high()).isBetween(12 / 192.0, 0.2);
    assertThat(large.low()).isCloseTo(12 / 214.0, within(0.001));
    assertThat(large.high()).isCloseTo(12 / 192.0, within(0.001));
  }

  @Test
  void theTrueRateIsHardlyEverOutside() {
    // Given
    var random = new SplittableRandom(SEED);
    int missed = 0;
    int rollouts = 400;

    // When
    for (int rollout = 0; rollout < rollouts; rollout++) {
      long failures = 0;
      for (int n = 1; n <= 1_000; n++) {
        if (random.nextDouble() < 0.03) failures++;
        if (n % 10 != 0) continue;
        var interval = ConfidenceSequence.of(failures, n, n);
        if (interval.low() > 0.03 || interval.high() < 0.03) {
          missed++;
          break;
        }
      }
    }

    // Then: 5 % on either side at most
    System.out.printf("seed %d: %d of %d sequences miss%n", SEED, missed, rollouts);
    assertThat(missed).as("seed %s", SEED).isLessThanOrEqualTo(rollouts / 20 + 22);
  }

  @Test
  void refusesImpossibleCounts() {
    assertThatThrownBy(() -> ConfidenceSequence.of(3, 4, 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ConfidenceSequence.of(1, 2, 3))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
