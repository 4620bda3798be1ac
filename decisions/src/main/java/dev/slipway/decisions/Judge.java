package dev.slipway.decisions;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Policy.OnUnhealthy;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Judges one rollout by its policy: counts in, judgement out, nothing else happens. The same counts
 * give the same bits.
 *
 * <p>A release that got worse late would hide behind the many healthy attempts before. So a fresh
 * process starts with each stage, over the attempts that began from then on, and the evidence is
 * the sum of their e-values with the weights 1/((k+1)(k+2)), which add up to 1 over all stages to
 * come: a weighted mean of e-values is an e-value. Immutable.
 */
public final class Judge {

  /** Names the rules themselves, for those who compare verdicts of different releases. */
  public static final String RULES = "start-1";

  private static final double WORRYING = 20;
  private static final double CLEARLY_BROKEN = 0.1;

  private final Version version;
  private final Policy policy;
  private final AbsoluteTest test;
  private final PromotionGate gate;

  /**
   * @param version that the rollout offers
   */
  public Judge(Version version, Policy policy) {
    this.version = version;
    this.policy = policy;
    this.test = new AbsoluteTest(policy.tolerated());
    this.gate = new PromotionGate(policy);
  }

  /**
   * What the counts mean, given what was said last.
   *
   * @param last the newest judgement of the same rollout: UNHEALTHY stays, and its action never
   *     becomes a weaker one
   */
  public Judgement judge(Tally tally, @Nullable Last last) {
    Counts counts = tally.counts(policy.minNetworks());
    double evidence = evidence(tally);
    double gateValue = gate.eValue(tally.countedConfirmed(policy.minNetworks()), counts.failures());
    boolean condemned = evidence >= 1 / policy.alpha();
    boolean latched = last != null && last.health() == Health.UNHEALTHY;
    Health health =
        condemned || latched
            ? Health.UNHEALTHY
            : evidence >= WORRYING
                ? Health.DEGRADED
                : gate.isOpen(gateValue) ? Health.HEALTHY : Health.INCONCLUSIVE;
    Action action =
        stronger(
            condemned ? action(counts) : Action.NONE,
            latched && last != null ? last.action() : Action.NONE);
    return new Judgement(
        health,
        action,
        tally.newestStage(),
        counts,
        evidence,
        gateValue,
        sentence(health, action, counts, evidence));
  }

  /** What matters of the judgement before. */
  public record Last(Health health, Action action) {}

  private double evidence(Tally tally) {
    int stages = tally.newestStage() + 1;
    double sum = 0;
    for (int k = 0; k < stages; k++) {
      Counts since = tally.since(k, policy.minNetworks());
      sum += weight(k) * test.eValue(since.attempts(), since.counted());
    }
    // The processes of stages to come have seen nothing yet; their e-value is 1.
    return Math.min(sum + weightOfTheRest(stages), AbsoluteTest.MAX);
  }

  static double weight(int stage) {
    return 1 / ((stage + 1.0) * (stage + 2.0));
  }

  static double weightOfTheRest(int stages) {
    return 1 / (stages + 1.0);
  }

  private Action action(Counts counts) {
    if (policy.onUnhealthy() == OnUnhealthy.NOTIFY) return Action.NONE;
    return policy.onUnhealthy() == OnUnhealthy.ROLLBACK && isEnoughToRollBack(counts)
        ? Action.ROLL_BACK
        : Action.PAUSE;
  }

  /** Anonymous reports alone may always pause; to roll back there must be enough of them. */
  private boolean isEnoughToRollBack(Counts counts) {
    return counts.attempts() >= policy.minAttempts()
        && counts.counted() >= policy.minFailures()
        && counts.networks() >= policy.minNetworks()
        && (policy.baseRateKnown() || counts.counted() >= CLEARLY_BROKEN * counts.attempts());
  }

  private static Action stronger(Action one, Action other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private String sentence(Health health, Action action, Counts counts, double evidence) {
    String seen =
        text(
            "%,d of %,d devices failed to start %s; tolerated is %s %%",
            counts.failures(), counts.attempts(), version, percent(policy.tolerated()));
    String capped =
        counts.counted() < counts.failures()
            ? text(
                "; %,d of these failures count, because few networks sent most of them",
                counts.counted())
            : "";
    return seen
        + capped
        + switch (health) {
          case UNHEALTHY ->
              text(
                      "; were it no worse, data like these would appear in fewer than 1 of %s"
                          + " rollouts",
                      rounded(Math.max(evidence, 1 / policy.alpha())))
                  + switch (action) {
                    case ROLL_BACK -> "";
                    case PAUSE ->
                        policy.onUnhealthy() == OnUnhealthy.ROLLBACK
                            ? "; that pauses the rollout, but is not enough to roll it back"
                            : "; the policy pauses the rollout";
                    case NONE -> "; the policy leaves the decision to a person";
                  };
          case DEGRADED ->
              text(
                  "; were it no worse, data like these would appear in fewer than 1 of %s rollouts:"
                      + " no further stage opens",
                  rounded(evidence));
          case HEALTHY ->
              text(
                  "; %,d confirmed a healthy start, enough for the next stage", counts.confirmed());
          // Not said by this signal alone.
          case INCIDENT, FETCH_FAILING, SILENT -> "";
          case INCONCLUSIVE ->
              text("; %,d confirmed a healthy start, too few to say more", counts.confirmed());
        };
  }

  private static String percent(double share) {
    String percent = text("%.2f", share * 100);
    return percent.replaceFirst("\\.?0+$", "");
  }

  /** Two figures, rounded down, so that "fewer than" stays true. */
  private static String rounded(double evidence) {
    if (evidence >= 1e9) return "a billion";
    long value = (long) evidence;
    long step = 1;
    while (value / step >= 100) step *= 10;
    return text("%,d", value / step * step);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
