package dev.slipway.telemetry.stream;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a partition will say about a rollout with its next delta, besides the counts.
record Pending(AppId appId, ChannelName channel, SortedMap<String, Long> exclusions) {

  Pending {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
  }

  Pending with(SortedMap<String, Long> more) {
    var sum = new TreeMap<>(exclusions);
    more.forEach((reason, devices) -> sum.merge(reason, devices, Long::sum));
    sum.values().removeIf(devices -> devices == 0);
    return new Pending(appId, channel, sum);
  }
}
