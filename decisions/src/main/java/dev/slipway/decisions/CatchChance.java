package dev.slipway.decisions;

import dev.slipway.contracts.rollout.Policy;

/**
 * How likely a release that fails at a given rate is caught within so many attempts, and how many
 * devices it breaks until then. Exact up to rounding: the number of failures is followed attempt by
 * attempt, and whatever reaches the boundary of {@link AbsoluteTest} is caught.
 *
 * <p>What is followed is the evidence process that starts with the rollout, at its weight among all
 * processes of {@link Judge}. The others can only add to it: the true chance is never lower. That a
 * stage's devices all make their attempt, and that failures are seen at once, is assumed.
 *
 * <p>Beyond {@link #MOST_ATTEMPTS} the forecast stands still: what is told there is a lower bound
 * of the chance as well. Immutable and thread-safe.
 */
public final class CatchChance {

  /** Attempts that are followed. */
  public static final int MOST_ATTEMPTS = 100_000;

  /** Chances below this are forgotten; over all attempts they add up to less than a millionth. */
  private static final double NEGLIGIBLE = 1e-13;

  /** Least failures that condemn, by attempts. */
  private final int[] condemns;

  /**
   * @param weight of the process among all that are summed, in (0, 1]
   * @param attempts up to which forecasts are wanted; at most {@link #MOST_ATTEMPTS} are followed
   */
  public CatchChance(Policy policy, double weight, long attempts) {
    if (!(weight > 0 && weight <= 1)) {
      throw new IllegalArgumentException("a weight is above 0 and at most 1");
    }
    if (attempts < 0) throw new IllegalArgumentException("attempts are not negative");
    int followed = (int) Math.min(attempts, MOST_ATTEMPTS);
    var test = new AbsoluteTest(policy.tolerated());
    double threshold = StrictMath.log(1 / (policy.alpha() * weight));
    condemns = new int[followed + 1];
    int least = 1;
    for (int n = 0; n <= followed; n++) {
      // More attempts without failure speak for the release: the boundary never falls.
      while (least <= n && test.logEValue(n, least) < threshold) least++;
      condemns[n] = least;
    }
  }

  /** The first process of {@link Judge}, up to so many attempts. */
  public static CatchChance ofFirstProcess(Policy policy, long attempts) {
    return new CatchChance(policy, Judge.START * Judge.weight(0), attempts);
  }

  /**
   * What becomes of a release.
   *
   * @param caught the chance that it is condemned within the attempts
   * @param broken expected number of devices that fail within the attempts, before that
   */
  public record Forecast(double caught, double broken) {}

  /**
   * @param rate at which starts fail, in [0, 1]
   * @param attempts in ascending order
   * @return one forecast for each number of attempts
   */
  public Forecast[] of(double rate, long... attempts) {
    if (!(rate >= 0 && rate <= 1)) throw new IllegalArgumentException("a rate is in [0, 1]");
    var forecasts = new Forecast[attempts.length];
    var running = new Running(rate);
    for (int i = 0; i < attempts.length; i++) {
      if (i > 0 && attempts[i] < attempts[i - 1]) {
        throw new IllegalArgumentException("attempts are given in ascending order");
      }
      running.to((int) Math.min(attempts[i], condemns.length - 1));
      forecasts[i] = new Forecast(Math.min(1, running.caught), running.broken);
    }
    return forecasts;
  }

  /** Least failures that condemn after so many attempts. */
  int boundary(int attempts) {
    return condemns[attempts];
  }

  /** The distribution of the failures of releases that are not caught yet. */
  private final class Running {
    private final double rate;
    private double[] chances = new double[64];
    private int low;
    private int high;
    private int attempts;
    private double caught;
    private double broken;

    Running(double rate) {
      this.rate = rate;
      chances[0] = 1;
    }

    void to(int until) {
      while (attempts < until && low <= high) step();
    }

    private void step() {
      attempts++;
      broken += (1 - caught) * rate;
      if (high + 2 > chances.length) chances = java.util.Arrays.copyOf(chances, 2 * chances.length);
      chances[high + 1] = 0;
      for (int failures = high; failures >= low; failures--) {
        double chance = chances[failures];
        chances[failures + 1] += chance * rate;
        chances[failures] = chance * (1 - rate);
      }
      high++;
      for (; high >= condemns[attempts] && high >= low; high--) {
        caught += chances[high];
        chances[high] = 0;
      }
      while (low < high && chances[low] < NEGLIGIBLE) low++;
      while (high > low && chances[high] < NEGLIGIBLE) high--;
    }
  }
}
