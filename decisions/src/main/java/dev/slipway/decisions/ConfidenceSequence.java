package dev.slipway.decisions;

import dev.slipway.contracts.telemetry.Verdict.Interval;

/**
 * Between which bounds a failure rate lies, at a confidence that holds at all times together,
 * however often one looks: the rates under which the data are not less likely, by more than the
 * confidence allows, than under a mixture of all rates alike (Robbins 1970, "Statistical methods
 * related to the law of the iterated logarithm"; Howard, Ramdas, McAuliffe, Sekhon 2021). Ville's
 * inequality bounds the chance that the true rate is ever outside.
 *
 * <p>An attempt that has not ended is not failed yet and not confirmed either. So the lower bound
 * takes all attempts as trials, the upper one only those that ended: each is on the safe side.
 */
public final class ConfidenceSequence {

  /** The chance that a bound is ever wrong. */
  private static final double ERROR = 0.05;

  private static final int HALVINGS = 60;
  private static final int EXACT = 32;
  private static final double[] LOG_FACTORIALS = logFactorials();

  private ConfidenceSequence() {}

  /**
   * @param failures of the attempts
   * @param attempts all that began
   * @param ended those that failed or confirmed; the failures are among them
   */
  public static Interval of(long failures, long attempts, long ended) {
    if (failures < 0 || failures > ended || ended > attempts) {
      throw new IllegalArgumentException(
          failures + " failures, " + ended + " ended, " + attempts + " attempts");
    }
    return new Interval(low(failures, attempts), high(failures, ended));
  }

  private static double low(long failures, long trials) {
    if (failures == 0) return 0;
    double outside = 0;
    double inside = failures / (double) trials;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (outside + inside) / 2;
      if (holds(middle, failures, trials)) inside = middle;
      else outside = middle;
    }
    return inside;
  }

  private static double high(long failures, long trials) {
    if (failures == trials) return 1;
    double inside = failures / (double) trials;
    double outside = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (outside + inside) / 2;
      if (holds(middle, failures, trials)) inside = middle;
      else outside = middle;
    }
    return inside;
  }

  private static boolean holds(double rate, long failures, long trials) {
    double likelihood =
        (failures == 0 ? 0 : failures * StrictMath.log(rate))
            + (trials == failures ? 0 : (trials - failures) * StrictMath.log1p(-rate));
    // ∫ p^s (1−p)^(n−s) dp = s! (n−s)! / (n+1)!
    double mixture =
        logFactorial(failures) + logFactorial(trials - failures) - logFactorial(trials + 1);
    return likelihood > mixture + StrictMath.log(ERROR);
  }

  private static double logFactorial(long n) {
    if (n < EXACT) return LOG_FACTORIALS[(int) n];
    double x = n;
    // Stirling's series; its error is below 1e-12 from here on.
    return x * StrictMath.log(x)
        - x
        + StrictMath.log(2 * Math.PI * x) / 2
        + 1 / (12 * x)
        - 1 / (360 * x * x * x)
        + 1 / (1260 * x * x * x * x * x);
  }

  private static double[] logFactorials() {
    double[] logs = new double[EXACT];
    for (int n = 1; n < EXACT; n++) logs[n] = logs[n - 1] + StrictMath.log(n);
    return logs;
  }
}
