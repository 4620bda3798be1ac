package dev.slipway.decisions;

import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The devices of one signal and arm of a rollout, added up per stage and network. What it says
 * depends on the sums alone, not on the order in which they came. Not thread-safe.
 *
 * <p><b>Caps per network.</b> Anyone can post reports, so what one network (a /16 of IPv4, a /32 of
 * IPv6) says is limited, both for the failures that condemn a release and for the confirmations
 * that promote it: of each network at most c count, where c is the largest number with {@code c ≤
 * 3} or {@code c·m ≤ Σ min(xᵢ, c)}; xᵢ is what network i reported, m the policy's {@code
 * min_networks} (10). In words: three, until as many networks as the policy asks for report the
 * same thing; from then on at most a tenth of what is counted. A policy for a small and trusted
 * fleet, with {@code min_networks} 1, knows no cap. Attempts are never capped where they speak
 * against failure, failures never where they speak against promotion. What enrolled devices sign is
 * counted in full, beside the caps.
 */
public final class Tally {

  private static final long ALWAYS_COUNTED = 3;

  private final TreeMap<Integer, Map<String, Sums>> byStage = new TreeMap<>();

  /** Devices of one network that began in one stage; of each number, those that are enrolled. */
  private static final class Sums {
    private long attempts;
    private long failures;
    private long confirmed;
    private long enrolledFailures;
    private long enrolledConfirmed;

    private void add(Sums other) {
      attempts += other.attempts;
      failures += other.failures;
      confirmed += other.confirmed;
      enrolledFailures += other.enrolledFailures;
      enrolledConfirmed += other.enrolledConfirmed;
    }
  }

  /**
   * Adds to the sums; a negative number takes back what an earlier one said.
   *
   * @throws IllegalArgumentException if a sum would fall below zero, or more devices would have
   *     failed or confirmed than began; nothing is added then
   */
  public void add(Count count) {
    var sums =
        byStage
            .computeIfAbsent(count.stage(), stage -> new HashMap<>())
            .computeIfAbsent(count.network(), network -> new Sums());
    long attempts = sums.attempts + count.attempts();
    long failures = sums.failures + count.failures();
    long confirmed = sums.confirmed + count.confirmed();
    if (failures < 0 || confirmed < 0 || failures + confirmed > attempts) {
      throw new IllegalArgumentException(
          "%d failures and %d confirmed starts of %d attempts"
              .formatted(failures, confirmed, attempts));
    }
    sums.attempts = attempts;
    sums.failures = failures;
    sums.confirmed = confirmed;
    if (count.sender() == Sender.ENROLLED) {
      sums.enrolledFailures += count.failures();
      sums.enrolledConfirmed += count.confirmed();
    }
  }

  /** The newest stage that an attempt came from; 0 before the first attempt. */
  public int newestStage() {
    return byStage.descendingMap().entrySet().stream()
        .filter(stage -> stage.getValue().values().stream().anyMatch(sums -> sums.attempts > 0))
        .findFirst()
        .map(Map.Entry::getKey)
        .orElse(0);
  }

  /** The sums over all stages, with the failures that count under a policy's caps. */
  public Counts counts(int minNetworks) {
    return since(0, minNetworks);
  }

  /** The sums over the attempts that began in this stage or a later one. */
  Counts since(int stage, int minNetworks) {
    var networks = networksSince(stage);
    long attempts = 0;
    long failures = 0;
    long confirmed = 0;
    long inFull = 0;
    int seen = 0;
    var failuresOf = new ArrayList<Long>();
    for (Sums sums : networks) {
      attempts += sums.attempts;
      failures += sums.failures;
      confirmed += sums.confirmed;
      inFull += sums.enrolledFailures;
      if (sums.attempts > 0) seen++;
      long anonymous = sums.failures - sums.enrolledFailures;
      if (anonymous > 0) failuresOf.add(anonymous);
    }
    return new Counts(
        attempts, failures, inFull + capped(failuresOf, minNetworks), confirmed, seen);
  }

  /** How many networks failures came from. */
  int failingNetworks() {
    return (int) networksSince(0).stream().filter(sums -> sums.failures > 0).count();
  }

  /** The share of the attempts that the busiest network sent, in [0, 1]. */
  double largestNetwork() {
    long all = 0;
    long most = 0;
    for (Sums sums : networksSince(0)) {
      all += sums.attempts;
      most = Math.max(most, sums.attempts);
    }
    return all == 0 ? 0 : most / (double) all;
  }

  /** The attempts that began in one stage. */
  long attemptsIn(int stage) {
    var networks = byStage.get(stage);
    return networks == null ? 0 : networks.values().stream().mapToLong(sums -> sums.attempts).sum();
  }

  /** The confirmed starts over all stages that count under a policy's caps. */
  long countedConfirmed(int minNetworks) {
    var confirmedOf = new ArrayList<Long>();
    long inFull = 0;
    for (Sums sums : networksSince(0)) {
      inFull += sums.enrolledConfirmed;
      long anonymous = sums.confirmed - sums.enrolledConfirmed;
      if (anonymous > 0) confirmedOf.add(anonymous);
    }
    return inFull + capped(confirmedOf, minNetworks);
  }

  private Collection<Sums> networksSince(int stage) {
    var stages = byStage.tailMap(stage, true).values();
    if (stages.size() == 1) return stages.iterator().next().values();
    var merged = new HashMap<String, Sums>();
    for (var networks : stages) {
      networks.forEach(
          (network, sums) -> merged.computeIfAbsent(network, name -> new Sums()).add(sums));
    }
    return merged.values();
  }

  /** What is counted of these reports per network, no network with more than its cap. */
  static long capped(List<Long> reportsOf, int minNetworks) {
    long low = ALWAYS_COUNTED;
    long high = reportsOf.stream().mapToLong(Long::longValue).max().orElse(0);
    // Σ min(xᵢ, c) − m·c is concave in c and 0 at 0: the caps that hold are an interval from 0 on.
    while (low < high) {
      long cap = high - (high - low) / 2;
      if (holds(cap, reportsOf, minNetworks)) low = cap;
      else high = cap - 1;
    }
    return sum(low, reportsOf);
  }

  private static boolean holds(long cap, List<Long> reportsOf, int minNetworks) {
    return Math.multiplyHigh(cap, (long) minNetworks) == 0
        && cap * minNetworks <= sum(cap, reportsOf);
  }

  private static long sum(long cap, List<Long> reportsOf) {
    return reportsOf.stream().mapToLong(reports -> Math.min(reports, cap)).sum();
  }
}
