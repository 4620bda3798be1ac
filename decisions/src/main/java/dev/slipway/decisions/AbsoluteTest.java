package dev.slipway.decisions;

/**
 * Tests "at most a share p0 of the attempts fails" against "more do", as often as one likes.
 *
 * <p>Its measure is an e-value: the likelihood of what was seen under a failure rate above p0,
 * divided by its likelihood under p0, averaged over 24 rates between 1.5·p0 and 0.6. Were the
 * release no worse than tolerated, the chance that this number <em>ever</em> reaches x is at most
 * 1/x (Ville 1939), however often it is looked at (Howard, Ramdas, McAuliffe, Sekhon 2021,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences"; Ramdas, Grünwald, Vovk, Shafer
 * 2023, "Game-theoretic statistics and safe anytime-valid inference").
 *
 * <p>An attempt that has not ended counts as not failed. So the number is never above the one that
 * the ended attempts would give, and neither late failures nor later successes can make it wrong.
 *
 * <p>The same counts give the same bits on every machine: {@link StrictMath}, summed in a fixed
 * order. Immutable.
 */
public final class AbsoluteTest {

  /** E-values are clamped here: they travel in JSON, which knows no infinity. */
  public static final double MAX = 1e300;

  private static final int GRID = 24;
  private static final double LOWEST_FACTOR = 1.5;
  private static final double HIGHEST = 0.6;
  private static final double LOG_MAX = StrictMath.log(MAX);

  private final double[] failed = new double[GRID];
  private final double[] notFailed = new double[GRID];

  /**
   * @param tolerated p0, above 0 and below 0.4
   */
  public AbsoluteTest(double tolerated) {
    if (!(tolerated > 0 && tolerated * LOWEST_FACTOR < HIGHEST)) {
      throw new IllegalArgumentException("the tolerated rate is above 0 and below 0.4");
    }
    double lowest = StrictMath.log(LOWEST_FACTOR * tolerated);
    double step = (StrictMath.log(HIGHEST) - lowest) / (GRID - 1);
    for (int j = 0; j < GRID; j++) {
      double rate = StrictMath.exp(lowest + j * step);
      failed[j] = StrictMath.log(rate / tolerated);
      notFailed[j] = StrictMath.log1p(-rate) - StrictMath.log1p(-tolerated);
    }
  }

  /**
   * How much {@code failures} among {@code attempts} speak against the tolerated rate.
   *
   * @return from 0 to {@link #MAX}; 1 before the first attempt
   */
  public double eValue(long attempts, long failures) {
    return bounded(logEValue(attempts, failures));
  }

  /** The natural logarithm of the e-value, which is not clamped. */
  double logEValue(long attempts, long failures) {
    if (failures < 0 || failures > attempts) {
      throw new IllegalArgumentException(failures + " failures of " + attempts + " attempts");
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < GRID; j++) largest = Math.max(largest, log(j, attempts, failures));
    double sum = 0;
    for (int j = 0; j < GRID; j++) sum += StrictMath.exp(log(j, attempts, failures) - largest);
    return largest + StrictMath.log(sum / GRID);
  }

  private double log(int j, long attempts, long failures) {
    return failures * failed[j] + (attempts - failures) * notFailed[j];
  }

  /** e to the power of this, clamped to what JSON can carry. */
  static double bounded(double log) {
    return log >= LOG_MAX ? MAX : StrictMath.exp(log);
  }
}
