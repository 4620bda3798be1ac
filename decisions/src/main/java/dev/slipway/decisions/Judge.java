package dev.slipway.decisions;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Policy.OnUnhealthy;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.telemetry.Verdict.Parts;
import dev.slipway.contracts.telemetry.Verdict.Shortfall;
import dev.slipway.contracts.telemetry.Verdict.SignalCounts;
import dev.slipway.contracts.telemetry.Verdict.Stratum;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges one rollout by its policy: counts in, judgement out, nothing else happens. The same counts
 * give the same bits.
 *
 * <p>The evidence is ½·E(start) + ¼·E(health, exposed against control) + ¼·the mean of E(start)
 * over the platforms. A mean of e-values is one: were the release no worse than tolerated, the
 * chance that it ever reaches 1/alpha is at most alpha (Ville 1939; for sources see {@link
 * AbsoluteTest}).
 *
 * <p>A release that got worse late would hide behind the many healthy attempts before. So a fresh
 * process starts with each stage, over the attempts that began from then on, and E(start) is the
 * sum of their e-values with the weights 1/((k+1)(k+2)), which add up to 1 over all stages to come.
 * Immutable.
 */
public final class Judge {

  /** Names the rules themselves, for those who compare verdicts of different releases. */
  public static final String RULES = "start-health-strata-4";

  /**
   * The share of device-days with a failure that is taken as usual where no completed rollout tells
   * it. It bears on INCIDENT alone, which pauses.
   */
  public static final double USUAL_HEALTH = 0.05;

  /** Under this reason stand failures beyond the caps per network. */
  static final String NETWORK_CAP = "network-cap";

  static final String NETWORK_CAP_HEALTH = "network-cap-health";

  /** Under this one devices that nobody heard of before the rollout, where that matters. */
  static final String UNKNOWN_BEFORE = "unknown-before-the-rollout";

  private static final double WORRYING = 20;
  private static final double CLEARLY_BROKEN = 0.1;
  private static final double MOST_TOLERATED = 0.35;
  static final double START = 0.5;
  private static final double HEALTH = 0.25;
  private static final double STRATA = 0.25;
  private static final double MOSTLY_ONE_NETWORK = 0.5;

  private final Version version;
  private final Policy policy;
  private final double usualHealth;
  private final AbsoluteTest test;
  private final AbsoluteTest healthTest;
  private final PromotionGate gate;

  /**
   * @param version that the rollout offers
   * @param usualHealth share of device-days with a failure that is usual of the app, in (0, 1)
   */
  public Judge(Version version, Policy policy, double usualHealth) {
    this.version = version;
    this.policy = policy;
    this.usualHealth = usualHealth;
    this.test = new AbsoluteTest(policy.tolerated());
    this.healthTest = new AbsoluteTest(tolerated(usualHealth));
    this.gate = new PromotionGate(policy);
  }

  /** Where nothing is known of how often the app crashes. */
  public Judge(Version version, Policy policy) {
    this(version, policy, USUAL_HEALTH);
  }

  /** What matters of the judgement before. */
  public record Last(Health health, Action action) {
    public static Last of(Judgement judgement) {
      return new Last(judgement.health(), judgement.action());
    }
  }

  /**
   * Judges again what was judged, or what another policy would have said.
   *
   * @param deltas in the order of the log
   * @return a judgement after each delta
   * @throws IllegalArgumentException if a delta makes a sum impossible
   */
  public static List<Judgement> replay(
      Version version, Policy policy, double usualHealth, Iterable<OutcomeDelta> deltas) {
    var replay = new Replay(version, policy, usualHealth);
    var judgements = new ArrayList<Judgement>();
    deltas.forEach(delta -> judgements.add(replay.add(delta)));
    return judgements;
  }

  /**
   * Names the rules of this class and what they are applied with, so that verdicts of other rules
   * or other terms can be told apart.
   */
  public static String digest(Policy policy, double usualHealth) {
    try {
      return Digest.sha256(Json.LENIENT.writeValueAsBytes(new Applied(RULES, policy, usualHealth)))
          .toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a policy can be written as JSON", e);
    }
  }

  private record Applied(String rules, Policy policy, double usualHealth) {}

  /**
   * What the evidence means, given what was said last.
   *
   * @param last the newest judgement of the same rollout: UNHEALTHY and INCIDENT stay, and the
   *     action of UNHEALTHY never becomes a weaker one
   */
  public Judgement judge(Evidence seen, @Nullable Last last) {
    Counts counts = seen.starts().counts(policy.minNetworks());
    Parts parts = parts(seen, counts);
    double evidence =
        Math.min(
            START * parts.start() + HEALTH * parts.health() + STRATA * parts.strata(),
            AbsoluteTest.MAX);
    double gateValue =
        gate.eValue(
            seen.knownOf(Signal.START).countedConfirmed(policy.minNetworks()), counts.failures());
    boolean condemned = evidence >= 1 / policy.alpha();
    double known = ofKnown(seen, counts, parts);
    Health health = health(parts, condemned, known, gate.isOpen(gateValue), last);
    Action action =
        switch (health) {
          case UNHEALTHY ->
              stronger(
                  condemned ? action(seen, parts) : Action.NONE,
                  last != null && last.health() == Health.UNHEALTHY ? last.action() : Action.NONE);
          case INCIDENT, FETCH_FAILING, SILENT ->
              policy.onUnhealthy() == OnUnhealthy.NOTIFY ? Action.NONE : Action.PAUSE;
          case DEGRADED, HEALTHY, INCONCLUSIVE -> Action.NONE;
        };
    return new Judgement(
        health,
        action,
        seen.starts().newestStage(),
        counts,
        evidence,
        gateValue,
        parts,
        exclusions(seen, counts),
        sentence(health, action, counts, evidence, known, parts, seen),
        health == Health.UNHEALTHY && action == Action.PAUSE ? shortfall(seen, parts) : null);
  }

  /**
   * The evidence of devices that were known before the rollout alone. Attempts that somebody forges
   * dilute that of all devices, which no test can tell from healthy ones: where known devices would
   * condemn by themselves, no stage opens and a person is told.
   */
  private double ofKnown(Evidence seen, Counts counts, Parts parts) {
    var known = seen.knownOf(Signal.START);
    return known.counts(policy.minNetworks()).attempts() == counts.attempts()
        ? parts.start()
        : evidence(test, known);
  }

  /** The first row of the table that holds; what latches stays. */
  private Health health(
      Parts parts, boolean condemned, double known, boolean gateOpen, @Nullable Last last) {
    if (last != null && (last.health() == Health.UNHEALTHY || last.health() == Health.INCIDENT)) {
      return last.health();
    }
    double limit = 1 / policy.alpha();
    if (parts.incidentExposed() >= limit && parts.incidentControl() >= WORRYING) {
      return Health.INCIDENT;
    }
    if (condemned) return Health.UNHEALTHY;
    if (parts.fetch() >= limit) return Health.FETCH_FAILING;
    if (parts.silence() >= limit) return Health.SILENT;
    double evidence = START * parts.start() + HEALTH * parts.health() + STRATA * parts.strata();
    if (evidence >= WORRYING || known >= limit) return Health.DEGRADED;
    return gateOpen ? Health.HEALTHY : Health.INCONCLUSIVE;
  }

  private Parts parts(Evidence seen, Counts counts) {
    var strata = new ArrayList<Stratum>();
    double sum = 0;
    for (var platform : Platform.values()) {
      var tally = seen.startsOf(platform);
      double evidence = evidence(test, tally);
      sum += evidence;
      var of = tally.counts(policy.minNetworks());
      if (of.attempts() > 0) {
        strata.add(new Stratum(platform, of.attempts(), of.failures(), evidence));
      }
    }
    strata.sort(Comparator.comparingDouble(Stratum::evidence).reversed());
    return new Parts(
        evidence(test, seen.starts()),
        seen.health(),
        Math.min(sum / Platform.values().length, AbsoluteTest.MAX),
        evidence(test, seen.tally(Signal.FETCH, Arm.EXPOSED)),
        seen.silence(),
        evidence(healthTest, seen.tally(Signal.HEALTH, Arm.EXPOSED)),
        evidence(healthTest, seen.tally(Signal.HEALTH, Arm.CONTROL)),
        usualHealth,
        ConfidenceSequence.of(
            counts.failures(), counts.attempts(), counts.failures() + counts.confirmed()),
        signals(seen),
        strata,
        seen.starts().largestNetwork());
  }

  private List<SignalCounts> signals(Evidence seen) {
    var all = new ArrayList<SignalCounts>();
    for (var signal : Signal.values()) {
      if (signal == Signal.START) continue;
      for (var arm : Arm.values()) {
        var counts = seen.tally(signal, arm).counts(policy.minNetworks());
        if (counts.attempts() > 0) all.add(new SignalCounts(signal, arm, counts));
      }
    }
    return all;
  }

  private double evidence(AbsoluteTest by, Tally tally) {
    int stages = tally.newestStage() + 1;
    double sum = 0;
    for (int k = 0; k < stages; k++) {
      Counts since = tally.since(k, policy.minNetworks());
      sum += weight(k) * by.eValue(since.attempts(), since.counted());
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

  /** What is tolerated where so much is usual. */
  private static double tolerated(double usual) {
    return Math.min(MOST_TOLERATED, Math.max(1.5 * usual, usual + 0.005));
  }

  private Action action(Evidence seen, Parts parts) {
    return switch (policy.onUnhealthy()) {
      case NOTIFY -> Action.NONE;
      case PAUSE -> Action.PAUSE;
      case ROLLBACK -> missing(seen, parts) == null ? Action.ROLL_BACK : Action.PAUSE;
    };
  }

  /**
   * What is missing to roll back. Anonymous reports may always pause; to roll back there must be
   * enough of them, from devices that were known before the rollout, whichever signal condemns.
   * What enrolled devices say is enough if it condemns by itself.
   */
  private @Nullable String missing(Evidence seen, Parts parts) {
    if (START * evidence(test, seen.enrolledStarts()) >= 1 / policy.alpha()) return null;
    var tally = seen.knownOf(isByStarts(parts) ? Signal.START : Signal.HEALTH);
    var counts = tally.counts(policy.minNetworks());
    var figures = lacking(tally, counts);
    if (figures.attempts() > 0) {
      return text(
          "known devices made %,d attempts of the %,d that the policy asks for",
          counts.attempts(), policy.minAttempts());
    }
    if (figures.failures() > 0) {
      return text(
          "%,d failures count of the %,d that the policy asks for",
          counts.counted(), policy.minFailures());
    }
    if (figures.networks() > 0) {
      return text(
          "failures came from %,d networks of the %,d that the policy asks for",
          tally.failingNetworks(), policy.minNetworks());
    }
    return isTooRareToBeSure(counts)
        ? "no completed rollout says what is usual, and fewer than 10 % fail"
        : null;
  }

  /**
   * The figures that further attempts may bring. Those of health are none of them: device-days come
   * in whether the version is offered to more devices or not. The evidence of a condemned version
   * may be below its limit for a while; that lacks no figures.
   */
  private @Nullable Shortfall shortfall(Evidence seen, Parts parts) {
    if (policy.onUnhealthy() != OnUnhealthy.ROLLBACK || !isByStarts(parts)) return null;
    var tally = seen.knownOf(Signal.START);
    var counts = tally.counts(policy.minNetworks());
    var figures = lacking(tally, counts);
    boolean enough = figures.attempts() == 0 && figures.failures() == 0 && figures.networks() == 0;
    return enough || isTooRareToBeSure(counts) ? null : figures;
  }

  private Shortfall lacking(Tally tally, Counts counts) {
    return new Shortfall(
        Math.max(0, policy.minAttempts() - counts.attempts()),
        Math.max(0, policy.minFailures() - counts.counted()),
        Math.max(0, policy.minNetworks() - tally.failingNetworks()),
        counts.attempts(),
        counts.counted());
  }

  private boolean isTooRareToBeSure(Counts counts) {
    return !policy.baseRateKnown() && counts.counted() < CLEARLY_BROKEN * counts.attempts();
  }

  private static boolean isByStarts(Parts parts) {
    return START * parts.start() + STRATA * parts.strata() >= HEALTH * parts.health();
  }

  private static Action stronger(Action one, Action other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private SortedMap<String, Long> exclusions(Evidence seen, Counts counts) {
    var all = new TreeMap<>(seen.leftOut());
    all.put(NETWORK_CAP, counts.failures() - counts.counted());
    all.put(NETWORK_CAP_HEALTH, seen.healthBeyondCap());
    all.put(
        UNKNOWN_BEFORE,
        counts.attempts() - seen.knownOf(Signal.START).counts(policy.minNetworks()).attempts());
    all.values().removeIf(devices -> devices == 0);
    return all;
  }

  private String sentence(
      Health health,
      Action action,
      Counts counts,
      double evidence,
      double known,
      Parts parts,
      Evidence seen) {
    String rare = rounded(Math.max(evidence, 1 / policy.alpha()));
    return switch (health) {
          case INCIDENT ->
              text(
                  "devices with and without %s fail more often than usual (%s, and %s): something"
                      + " else than the release is wrong; the rollout pauses and nothing is rolled"
                      + " back",
                  version, days(seen, Arm.EXPOSED), days(seen, Arm.CONTROL));
          case UNHEALTHY ->
              !isByStarts(parts)
                  ? text(
                          "%s failed on devices that are offered %s, against %s on the others; were"
                              + " %s no worse than %s times as bad, data like these would appear in"
                              + " fewer than 1 of %s rollouts",
                          days(seen, Arm.EXPOSED),
                          version,
                          days(seen, Arm.CONTROL),
                          version,
                          plain(policy.tolerableRatio()),
                          rare)
                      + consequence(action, seen, parts)
                  : starts(counts)
                      + text(
                          "; were %s no worse than %s, data like these would appear in fewer than"
                              + " 1 of %s rollouts",
                          version, percent(policy.tolerated()), rare)
                      + consequence(action, seen, parts);
          case FETCH_FAILING -> {
            var fetch = seen.tally(Signal.FETCH, Arm.EXPOSED).counts(policy.minNetworks());
            yield text(
                "%,d of %,d devices failed to download, verify or unpack %s; tolerated is %s; were"
                    + " it no worse, data like these would appear in fewer than 1 of %s rollouts",
                fetch.failures(),
                fetch.attempts(),
                version,
                percent(policy.tolerated()),
                rounded(Math.max(parts.fetch(), 1 / policy.alpha())));
          }
          case SILENT -> {
            var with = seen.tally(Signal.SILENCE, Arm.EXPOSED).counts(policy.minNetworks());
            var without = seen.tally(Signal.SILENCE, Arm.CONTROL).counts(policy.minNetworks());
            yield text(
                "%,d of %,d devices that switched to %s were not seen again in the usual time,"
                    + " against %,d of %,d of the others",
                with.failures(), with.attempts(), version, without.failures(), without.attempts());
          }
          case DEGRADED ->
              starts(counts)
                  + (evidence >= WORRYING
                      ? text(
                          "; were %s no worse than %s, data like these would appear in fewer than"
                              + " 1 of %s rollouts",
                          version, percent(policy.tolerated()), rounded(evidence))
                      : hidden(known, seen))
                  + ": no further stage opens";
          case HEALTHY ->
              starts(counts)
                  + text(
                      "; %,d confirmed a healthy start, enough for the next stage",
                      counts.confirmed());
          case INCONCLUSIVE -> {
            long proven = seen.knownOf(Signal.START).counts(policy.minNetworks()).confirmed();
            yield starts(counts)
                + text("; %,d confirmed a healthy start", counts.confirmed())
                + (proven < counts.confirmed()
                    ? text(", but only %,d of devices known before the rollout", proven)
                    : "")
                + ", too few to say more";
          }
        }
        + (parts.largestNetwork() > MOSTLY_ONE_NETWORK
                && counts.networks() > 1
                && policy.minNetworks() > 1
            ? text("; %s of the attempts came from one network", percent(parts.largestNetwork()))
            : "");
  }

  private String hidden(double known, Evidence seen) {
    var counts = seen.knownOf(Signal.START).counts(policy.minNetworks());
    return text(
        "; but of the %,d devices that were known before the rollout %,d failed: were %s no worse"
            + " than %s for them, data like these would appear in fewer than 1 of %s rollouts, and"
            + " the attempts of devices that nobody knew, which can be forged, hide it",
        counts.attempts(), counts.failures(), version, percent(policy.tolerated()), rounded(known));
  }

  private String starts(Counts counts) {
    String seen =
        text(
            "%,d of %,d devices failed to start %s", counts.failures(), counts.attempts(), version);
    String capped =
        counts.counted() < counts.failures()
            ? text(
                "; %,d of these failures count, because few networks sent most of them",
                counts.counted())
            : "";
    String usual =
        policy.baseRateKnown()
            ? text("; the app's usual rate is %s", percent(policy.baseRate()))
            : text("; what is usual is not known yet, %s is assumed", percent(policy.baseRate()));
    return seen + capped + usual;
  }

  private String days(Evidence seen, Arm arm) {
    var counts = seen.tally(Signal.HEALTH, arm).counts(policy.minNetworks());
    return text("%,d of %,d device-days", counts.failures(), counts.attempts());
  }

  private String consequence(Action action, Evidence seen, Parts parts) {
    return switch (action) {
      case ROLL_BACK -> "";
      case PAUSE -> {
        String missing = missing(seen, parts);
        yield policy.onUnhealthy() == OnUnhealthy.ROLLBACK && missing != null
            ? "; that may pause the rollout, but is not enough to roll it back: " + missing
            : "; the policy pauses the rollout";
      }
      case NONE -> "; the policy leaves the decision to a person";
    };
  }

  /** One decimal at least, two at most. */
  private static String percent(double share) {
    return text("%.2f", share * 100).replaceFirst("0$", "") + " %";
  }

  private static String plain(double number) {
    return text("%.2f", number).replaceFirst("\\.?0+$", "");
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
