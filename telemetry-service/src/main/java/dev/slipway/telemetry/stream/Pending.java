package dev.slipway.telemetry.stream;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a partition will say about a rollout with its next delta, besides the counts.
record Pending(
    AppId appId,
    ChannelName channel,
    SortedMap<String, Long> exclusions,
    SortedMap<Integer, Long> returns) {

  Pending {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
    returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
  }

  Pending with(SortedMap<String, Long> moreExclusions, SortedMap<Integer, Long> moreReturns) {
    return new Pending(appId, channel, sum(exclusions, moreExclusions), sum(returns, moreReturns));
  }

  static <K extends Comparable<K>> SortedMap<K, Long> sum(
      SortedMap<K, Long> one, SortedMap<K, Long> other) {
    var sum = new TreeMap<>(one);
    other.forEach((key, devices) -> sum.merge(key, devices, Long::sum));
    sum.values().removeIf(devices -> devices == 0);
    return sum;
  }
}
