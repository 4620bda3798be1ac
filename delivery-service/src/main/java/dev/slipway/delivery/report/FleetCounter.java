package dev.slipway.delivery.report;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.DeviceSketch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/// How many different devices ask on each channel, per platform and native version, in bounded
/// memory: 2 KiB for each of these, and at most so many of them. Looks back between one and two
/// weeks: two generations of sketches, of which the older one is dropped each week. For any thread.
public final class FleetCounter {

  static final Duration GENERATION = Duration.ofDays(7);
  private static final int MOST_VERSIONS = 64;
  private static final String OTHER_VERSIONS = "other";
  private static final int MOST_CHANNELS = 20_000;
  private static final int SEEN = 1 << 17;
  private static final long SEEN_SECONDS = 3_600;

  private record Part(Platform platform, String nativeVersion) {}

  /// One channel.
  private static final class Fleet {
    final ChannelState channel;
    final Map<Part, DeviceSketch> young = new ConcurrentHashMap<>();
    volatile Map<Part, DeviceSketch> old = Map.of();
    volatile boolean changed;

    Fleet(ChannelState channel) {
      this.channel = channel;
    }
  }

  private final Map<String, Fleet> fleets = new ConcurrentHashMap<>();

  // Who has been counted within the hour, as far as is remembered.
  private final AtomicLongArray seen = new AtomicLongArray(SEEN);
  private Instant turnsAt;

  public FleetCounter(Instant now) {
    turnsAt = now.plus(GENERATION);
  }

  /// Whether it is worth while to count the device: it was not within the hour.
  ///
  /// @param device the hash of app and device
  /// @param now in seconds since 1970
  public boolean isDue(long device, long now) {
    long print = device * 31 + now / SEEN_SECONDS;
    return seen.getAndSet((int) (device & (SEEN - 1)), print) != print;
  }

  /// Counts a device that asked on this channel.
  public void count(
      ChannelState channel, Platform platform, String nativeVersion, DeviceId device) {
    var fleet = fleets.get(channel.key());
    if (fleet == null) {
      if (fleets.size() >= MOST_CHANNELS) return;
      fleet = fleets.computeIfAbsent(channel.key(), _ -> new Fleet(channel));
    }
    var part = new Part(platform, nativeVersion);
    var sketch = fleet.young.get(part);
    if (sketch == null) {
      // Anybody may claim any version.
      if (fleet.young.size() >= MOST_VERSIONS) part = new Part(platform, OTHER_VERSIONS);
      sketch = fleet.young.computeIfAbsent(part, _ -> new DeviceSketch());
    }
    if (sketch.add(device)) fleet.changed = true;
  }

  /// What has changed since the last call. For one thread.
  public List<FleetSize> changes(String instance, Instant now) {
    if (!now.isBefore(turnsAt)) turn(now);
    var changes = new ArrayList<FleetSize>();
    for (var fleet : fleets.values()) {
      if (!fleet.changed) continue;
      fleet.changed = false;
      changes.add(
          new FleetSize(
              fleet.channel.appId(),
              fleet.channel.channel(),
              instance,
              now.toEpochMilli(),
              sketches(fleet),
              now));
    }
    return changes;
  }

  /// These could not be told: they are to be told again.
  public void again(FleetSize size) {
    var fleet = fleets.get(ChannelState.key(size.appId(), size.channel()));
    if (fleet != null) fleet.changed = true;
  }

  private void turn(Instant now) {
    turnsAt = now.plus(GENERATION);
    for (var fleet : fleets.values()) {
      fleet.old = Map.copyOf(fleet.young);
      fleet.young.clear();
      fleet.changed = true;
    }
    fleets.values().removeIf(fleet -> fleet.old.isEmpty());
  }

  private static List<FleetSize.Sketch> sketches(Fleet fleet) {
    var parts = new ConcurrentHashMap<Part, DeviceSketch>();
    for (var generation : List.of(fleet.old, fleet.young)) {
      generation.forEach(
          (part, sketch) -> parts.computeIfAbsent(part, _ -> new DeviceSketch()).merge(sketch));
    }
    return parts.entrySet().stream()
        .map(
            entry ->
                new FleetSize.Sketch(
                    entry.getKey().platform(),
                    entry.getKey().nativeVersion(),
                    entry.getValue().registers()))
        .toList();
  }
}
