package dev.slipway.decisions;

/**
 * Tests "exposed devices fail at most r0 times as often as control" against "more often", as often
 * as one likes.
 *
 * <p>Of the failures of a short while, a come from exposed devices and b from control. Did both
 * fail equally often, each failure would come from an exposed device with the chance w/(w + 1),
 * where w is the number of exposed devices under observation divided by that of control; at a rate
 * ratio r with θ(r) = w·r/(w·r + 1). So what is usual of the app, of the hour and of the weather
 * cancels out. The measure is an e-value: the likelihood of the split under a ratio above r0,
 * divided by that under r0, averaged over 24 ratios between 1.5·r0 and 50 (Lindon and Malek 2022,
 * "Anytime-valid inference for multinomial count data"; for e-values see {@link AbsoluteTest}).
 *
 * <p>w must be known before the failures are looked at. Weights add up in the order in which they
 * are given, with {@link StrictMath}: the same order gives the same bits. Immutable.
 */
public final class RelativeTest {

  /** How many ratios the alternative is a mixture of. */
  static final int GRID = 24;

  private static final double LOWEST_FACTOR = 1.5;
  private static final double HIGHEST = 50;

  private final double tolerable;
  private final double[] ratios = new double[GRID];

  /**
   * @param tolerable r0, from 1 to below 33
   */
  public RelativeTest(double tolerable) {
    if (!(tolerable >= 1 && tolerable * LOWEST_FACTOR < HIGHEST)) {
      throw new IllegalArgumentException("the tolerable ratio is from 1 to below 33");
    }
    this.tolerable = tolerable;
    double lowest = StrictMath.log(LOWEST_FACTOR * tolerable);
    double step = (StrictMath.log(HIGHEST) - lowest) / (GRID - 1);
    for (int j = 0; j < GRID; j++) ratios[j] = StrictMath.exp(lowest + j * step);
  }

  /** What was seen so far: nothing. */
  public static double[] nothing() {
    return new double[GRID];
  }

  /**
   * Adds a failures of exposed devices and b of control ones to what was seen.
   *
   * @param seen as {@link #nothing()} gives it; changed
   * @param w exposed devices under observation / control devices under observation, finite and
   *     above 0
   */
  public void add(double[] seen, long a, long b, double w) {
    if (!(w > 0 && w < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("w is finite and above 0");
    }
    if (a == 0 && b == 0) return;
    for (int j = 0; j < GRID; j++) {
      // θ(r)/θ(r0) and (1−θ(r))/(1−θ(r0)), without cancellation.
      double control = StrictMath.log((w * tolerable + 1) / (w * ratios[j] + 1));
      double exposed = StrictMath.log(ratios[j] / tolerable) + control;
      seen[j] += a * exposed + b * control;
    }
  }

  /**
   * How much what was seen speaks against the tolerable ratio.
   *
   * @return from 0 to {@link AbsoluteTest#MAX}; 1 before the first failure
   */
  public double eValue(double[] seen) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < GRID; j++) largest = Math.max(largest, seen[j]);
    double sum = 0;
    for (int j = 0; j < GRID; j++) sum += StrictMath.exp(seen[j] - largest);
    return AbsoluteTest.bounded(largest + StrictMath.log(sum / GRID));
  }
}
