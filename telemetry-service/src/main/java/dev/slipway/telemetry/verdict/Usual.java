package dev.slipway.telemetry.verdict;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.Baseline.Part;
import dev.slipway.contracts.telemetry.Baseline.Rate;
import dev.slipway.contracts.telemetry.Baseline.Share;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.decisions.Judge;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is usual of an app, out of its completed rollouts. Pure.
public final class Usual {

  private static final int MOST_PARTS = 20;

  /// With fewer device-days, or devices that came back, nothing is said.
  private static final long FEWEST = 100;

  private static final double RAREST = 0.001;
  private static final double MOST = 0.3;
  private static final double RETURNED = 0.95;

  private Usual() {}

  /// The baseline with one more rollout, or with newer figures of one that it has.
  public static Baseline with(@Nullable Baseline known, AppId app, Part part, Instant now) {
    var parts = new ArrayList<Part>();
    parts.add(part);
    if (known != null) {
      known.parts().stream()
          .filter(old -> !old.rolloutId().equals(part.rolloutId()))
          .forEach(parts::add);
    }
    parts.sort(Comparator.comparing(Part::completedAt).reversed());
    var kept = parts.subList(0, Math.min(MOST_PARTS, parts.size()));
    return new Baseline(
        app,
        known == null ? 1 : known.revision() + 1,
        kept.size(),
        rates(kept),
        returnTime(kept),
        shares(kept),
        kept,
        now);
  }

  /// The share of device-days with a failure; what is assumed where too little is known.
  public static double health(@Nullable Baseline known) {
    if (known == null) return Judge.USUAL_HEALTH;
    long days = 0;
    long failures = 0;
    for (Rate rate : known.rates()) {
      if (rate.signal() != Signal.HEALTH) continue;
      days += rate.trials();
      failures += rate.failures();
    }
    return days < FEWEST
        ? Judge.USUAL_HEALTH
        : Math.min(MOST, Math.max(RAREST, failures / (double) days));
  }

  private static List<Rate> rates(List<Part> parts) {
    Map<Signal, Map<Optional<Platform>, long[]>> sums = new EnumMap<>(Signal.class);
    for (Part part : parts) {
      for (Rate rate : part.rates()) {
        long[] sum =
            sums.computeIfAbsent(
                    rate.signal(),
                    signal -> new TreeMap<>(Comparator.comparing(Optional::toString)))
                .computeIfAbsent(Optional.ofNullable(rate.platform()), platform -> new long[2]);
        sum[0] += rate.trials();
        sum[1] += rate.failures();
      }
    }
    var rates = new ArrayList<Rate>();
    sums.forEach(
        (signal, ofPlatforms) ->
            ofPlatforms.forEach(
                (platform, sum) ->
                    rates.add(new Rate(signal, platform.orElse(null), sum[0], sum[1]))));
    return rates;
  }

  private static @Nullable Duration returnTime(List<Part> parts) {
    var returns = new TreeMap<Integer, Long>();
    for (Part part : parts) part.returns().forEach((h, n) -> returns.merge(h, n, Long::sum));
    returns.remove(0);
    long all = returns.values().stream().mapToLong(Long::longValue).sum();
    if (all < FEWEST) return null;
    long within = 0;
    for (var entry : returns.entrySet()) {
      within += entry.getValue();
      if (within >= RETURNED * all) return Duration.ofHours(entry.getKey());
    }
    return null;
  }

  /// The mean over the rollouts that got that old.
  private static List<Share> shares(List<Part> parts) {
    SortedMap<Duration, double[]> sums = new TreeMap<>();
    for (Part part : parts) {
      for (Share share : part.confirmedShares()) {
        double[] sum = sums.computeIfAbsent(share.age(), age -> new double[2]);
        sum[0] += share.share();
        sum[1]++;
      }
    }
    var shares = new ArrayList<Share>();
    sums.forEach((age, sum) -> shares.add(new Share(age, sum[0] / sum[1])));
    return shares;
  }
}
