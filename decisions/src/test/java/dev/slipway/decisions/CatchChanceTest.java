package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.contracts.rollout.Policy;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatchChanceTest {

  private static final long SEED = 20261124;
  private static final Policy POLICY = Policy.forBaseRate(0.01, true);

  /** Against releases that are played through attempt by attempt. */
  @ParameterizedTest
  @CsvSource({"0.02, 2000", "0.03, 1000", "0.05, 400", "0.10, 100"})
  void isTheShareOfPlayedReleasesThatAreCondemned(double rate, int attempts) {
    // Given
    var random = new SplittableRandom(SEED);
    var test = new AbsoluteTest(POLICY.tolerated());
    int releases = 4_000;
    int condemned = 0;
    long broken = 0;
    for (int i = 0; i < releases; i++) {
      int failures = 0;
      for (int n = 1; n <= attempts; n++) {
        if (random.nextDouble() < rate) failures++;
        if (test.logEValue(n, failures) >= Math.log(2 / POLICY.alpha())) {
          condemned++;
          break;
        }
      }
      broken += failures;
    }

    // When
    var forecast = new CatchChance(POLICY, 0.5, attempts).of(rate, attempts)[0];

    // Then
    assertThat(forecast.caught())
        .as("seed %s", SEED)
        .isCloseTo((double) condemned / releases, within(0.03));
    assertThat(forecast.broken())
        .as("seed %s", SEED)
        .isCloseTo((double) broken / releases, within(0.05 * attempts * rate));
  }

  /** Half of the releases are caught after the attempts that the design names. */
  @ParameterizedTest
  @CsvSource({
    "0.005, 0.10, 54",
    "0.005, 0.05, 185",
    "0.005, 0.03, 596",
    "0.010, 0.10, 71",
    "0.010, 0.05, 300",
    "0.010, 0.03, 1380",
  })
  void agreesWithTheMediansOfTheTest(double baseRate, double rate, int median) {
    var chance = new CatchChance(Policy.forBaseRate(baseRate, true), 1, 3_000);
    var around = chance.of(rate, Math.round(median * 0.92), Math.round(median * 1.08));
    assertThat(around[0].caught()).isLessThan(0.5);
    assertThat(around[1].caught()).isGreaterThan(0.5);
  }

  /** Exactly, where a simulation would need a hundred thousand rollouts. */
  @ParameterizedTest
  @CsvSource({"0.005, 0.010", "0.010, 0.015"})
  void aReleaseAsGoodAsToleratedIsHardlyEverCaught(double baseRate, double tolerated) {
    var policy = Policy.forBaseRate(baseRate, true);
    assertThat(policy.tolerated()).isEqualTo(tolerated);
    var forecast = new CatchChance(policy, 1, 100_000).of(tolerated, 1_000, 100_000);
    System.out.printf(
        "p0 = %s: %.6f of the releases as bad as tolerated are condemned over 100,000 attempts%n",
        tolerated, forecast[1].caught());
    assertThat(forecast[0].caught()).isLessThan(forecast[1].caught());
    assertThat(forecast[1].caught()).isBetween(1e-6, policy.alpha());
    assertThat(forecast[1].broken()).isCloseTo(tolerated * 100_000, within(2.0));
  }

  @Test
  void theBoundaryIsWhereTheTestCondemns() {
    var chance = new CatchChance(POLICY, 0.5, 5_000);
    var test = new AbsoluteTest(POLICY.tolerated());
    for (int n = 10; n <= 5_000; n += 7) {
      int least = chance.boundary(n);
      if (least <= n) assertThat(test.eValue(n, least)).isGreaterThanOrEqualTo(2_000 - 1e-6);
      assertThat(test.eValue(n, Math.min(n, least - 1))).isLessThan(2_000);
    }
  }

  @Test
  void nothingIsCaughtWithoutAttemptsAndTheForecastEndsSomewhere() {
    var forecasts = new CatchChance(POLICY, 0.5, 1_000_000).of(0.0, 0, 1_000_000);
    assertThat(forecasts[0]).isEqualTo(new CatchChance.Forecast(0, 0));
    assertThat(forecasts[1]).isEqualTo(new CatchChance.Forecast(0, 0));
    assertThat(new CatchChance(POLICY, 0.5, 50).of(1.0, 50)[0].caught()).isCloseTo(1, within(1e-9));
  }
}
