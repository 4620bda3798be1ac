package dev.slipway.contracts.rollout;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * With which error rates a rollout is judged, and what follows; fixed when it starts.
 *
 * @param alpha the chance that a release no worse than tolerated is ever rolled back, in (0, 0.1]
 * @param beta the chance that a release as bad as the promotion gate's limit passes it, in (0, 0.5]
 * @param baseRate the app's usual rate of failed starts
 * @param baseRateKnown whether that rate comes from completed rollouts; if not, UNHEALTHY only
 *     pauses unless at least a tenth of the attempts failed
 * @param tolerated p0, the failure probability that is still tolerated: above the base rate, at
 *     most 0.35
 * @param minAttempts anonymous reports roll back only from this many attempts on
 * @param minFailures and this many counted failures
 * @param minNetworks from at least this many networks
 * @param onUnhealthy what an UNHEALTHY verdict does
 * @param minSoak no stage above 10 % opens before this age of the rollout
 * @param tolerableRatio r0, by how much more often exposed devices may fail than control; at least
 *     1
 * @param quarantine whether a version that was rolled back is quarantined without asking
 * @param reports whose reports count
 * @param countEmulators whether emulators and debug builds count
 * @param decideBy after this time in a stage without an answer a person is asked; absent: never
 * @param patience how long a condemned version is still offered to the devices of its open stage
 *     where these suffice to reach what anonymous reports need to roll it back; zero: it is paused
 *     at once; an hour unless given
 */
public record Policy(
    double alpha,
    double beta,
    double baseRate,
    boolean baseRateKnown,
    double tolerated,
    int minAttempts,
    int minFailures,
    int minNetworks,
    OnUnhealthy onUnhealthy,
    Duration minSoak,
    double tolerableRatio,
    Quarantine quarantine,
    Reports reports,
    boolean countEmulators,
    @Nullable Duration decideBy,
    @Nullable Duration patience) {

  /** What an UNHEALTHY verdict does. */
  public enum OnUnhealthy {
    ROLLBACK,
    PAUSE,
    NOTIFY
  }

  /** What becomes of a version that was rolled back. */
  public enum Quarantine {
    AUTO,
    CONFIRM
  }

  /** Whose reports count. */
  public enum Reports {
    /** Everybody's, anonymous ones within caps per network. */
    ALL,
    /** Only those signed by an enrolled device. */
    ENROLLED
  }

  private static final double MAX_TOLERATED = 0.35;
  private static final Duration SHIPPED_PATIENCE = Duration.ofHours(1);

  public Policy {
    if (!(alpha > 0 && alpha <= 0.1)) throw new IllegalArgumentException("alpha is in (0, 0.1]");
    if (!(beta > 0 && beta <= 0.5)) throw new IllegalArgumentException("beta is in (0, 0.5]");
    if (!(baseRate >= 0 && baseRate <= 0.3)) {
      throw new IllegalArgumentException("base_rate is in [0, 0.3]");
    }
    if (!(tolerated > baseRate && tolerated <= MAX_TOLERATED)) {
      throw new IllegalArgumentException("tolerated is above base_rate and at most 0.35");
    }
    if (minAttempts < 1 || minFailures < 1 || minNetworks < 1) {
      throw new IllegalArgumentException(
          "min_attempts, min_failures and min_networks are at least 1");
    }
    if (minSoak.isNegative()) throw new IllegalArgumentException("min_soak is not negative");
    if (!(tolerableRatio >= 1 && tolerableRatio <= 10)) {
      throw new IllegalArgumentException("tolerable_ratio is in [1, 10]");
    }
    if (decideBy != null && (decideBy.isNegative() || decideBy.isZero())) {
      throw new IllegalArgumentException("decide_by is positive");
    }
    if (patience == null) patience = SHIPPED_PATIENCE;
    if (patience.isNegative()) throw new IllegalArgumentException("patience is not negative");
  }

  /** For an app without a completed rollout: 1 % assumed. */
  public static final Policy CAUTIOUS = forBaseRate(0.01, false);

  /** The time for which this policy is patient: what was asked for, or the shipped hour. */
  @Override
  public Duration patience() {
    return Objects.requireNonNull(patience, "set by the constructor");
  }

  /** The same policy but for what is changed. */
  public Policy with(Consumer<Changes> change) {
    Changes changes = new Changes(this);
    change.accept(changes);
    return changes.made();
  }

  /** The settings of a policy that is about to be made; they begin as another one's. */
  public static final class Changes {
    public double alpha;
    public double beta;
    public double baseRate;
    public boolean baseRateKnown;
    public double tolerated;
    public int minAttempts;
    public int minFailures;
    public int minNetworks;
    public OnUnhealthy onUnhealthy;
    public Duration minSoak;
    public double tolerableRatio;
    public Quarantine quarantine;
    public Reports reports;
    public boolean countEmulators;
    public @Nullable Duration decideBy;
    public Duration patience;

    private Changes(Policy from) {
      alpha = from.alpha;
      beta = from.beta;
      baseRate = from.baseRate;
      baseRateKnown = from.baseRateKnown;
      tolerated = from.tolerated;
      minAttempts = from.minAttempts;
      minFailures = from.minFailures;
      minNetworks = from.minNetworks;
      onUnhealthy = from.onUnhealthy;
      minSoak = from.minSoak;
      tolerableRatio = from.tolerableRatio;
      quarantine = from.quarantine;
      reports = from.reports;
      countEmulators = from.countEmulators;
      decideBy = from.decideBy;
      patience = from.patience();
    }

    private Policy made() {
      return new Policy(
          alpha,
          beta,
          baseRate,
          baseRateKnown,
          tolerated,
          minAttempts,
          minFailures,
          minNetworks,
          onUnhealthy,
          minSoak,
          tolerableRatio,
          quarantine,
          reports,
          countEmulators,
          decideBy,
          patience);
    }
  }

  /**
   * Whether fewer or less diverse reports roll a release back than by the shipped settings: then
   * who can send reports has more of a say in what becomes of it.
   */
  public boolean trustsFewerReports() {
    return minAttempts < CAUTIOUS.minAttempts
        || minFailures < CAUTIOUS.minFailures
        || minNetworks < CAUTIOUS.minNetworks;
  }

  /**
   * The shipped settings over this base rate: what is not said otherwise, here and nowhere else.
   */
  public static Policy forBaseRate(double baseRate, boolean known) {
    return new Policy(
        0.001,
        0.05,
        baseRate,
        known,
        Math.min(MAX_TOLERATED, Math.max(1.5 * baseRate, baseRate + 0.005)),
        300,
        20,
        10,
        OnUnhealthy.ROLLBACK,
        Duration.ofHours(4),
        1.5,
        Quarantine.CONFIRM,
        Reports.ALL,
        false,
        null,
        SHIPPED_PATIENCE);
  }
}
