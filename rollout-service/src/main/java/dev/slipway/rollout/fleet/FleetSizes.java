package dev.slipway.rollout.fleet;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.DeviceSketch;
import dev.slipway.decisions.Targeting;
import dev.slipway.kit.topic.StateView;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/// What the delivery instances say of the devices that they saw, per channel. Any thread.
public final class FleetSizes implements StateView.Listener<FleetSize> {

  private static final Logger LOG = Logger.getLogger(FleetSizes.class);

  /// What an instance said longer ago than this tells of devices that may be gone.
  static final Duration FRESH = Duration.ofDays(7);

  private final Clock clock;
  private final Map<String, Map<String, FleetSize>> byChannel = new ConcurrentHashMap<>();
  private final Map<String, String> channelOf = new HashMap<>();

  public FleetSizes(Clock clock) {
    this.clock = clock;
  }

  @Override
  public void changed(List<StateView.Change<FleetSize>> changes) {
    for (var change : changes) {
      var value = change.value();
      if (value == null) {
        var channel = channelOf.remove(change.key());
        if (channel != null) byChannel.getOrDefault(channel, Map.of()).remove(change.key());
      } else {
        var channel = ChannelState.key(value.appId(), value.channel());
        channelOf.put(change.key(), channel);
        byChannel.computeIfAbsent(channel, _ -> new ConcurrentHashMap<>()).put(change.key(), value);
      }
    }
  }

  /// How many devices of the channel are eligible, as far as platform and native version tell;
  /// empty while none was seen.
  public OptionalLong eligible(
      AppId app, ChannelName channel, ChannelRules rules, Targeting targeting) {
    var said = byChannel.get(ChannelState.key(app, channel));
    if (said == null) return OptionalLong.empty();
    Instant oldest = clock.instant().minus(FRESH);
    // Devices move between instances, not between native versions within a minute: sketches of the
    // same kind are merged, and kinds are added.
    var kinds = new HashMap<String, DeviceSketch>();
    for (var size : said.values()) {
      if (size.at().isBefore(oldest)) continue;
      for (var sketch : size.sketches()) {
        if (!serves(rules, sketch) || !isMeant(targeting, sketch)) continue;
        merge(kinds, sketch);
      }
    }
    long devices = kinds.values().stream().mapToLong(DeviceSketch::count).sum();
    return devices == 0 ? OptionalLong.empty() : OptionalLong.of(devices);
  }

  private static boolean serves(ChannelRules rules, FleetSize.Sketch sketch) {
    return switch (sketch.platform()) {
      case ANDROID -> rules.android();
      case IOS -> rules.ios();
      case ELECTRON -> rules.electron();
    };
  }

  private static boolean isMeant(Targeting targeting, FleetSize.Sketch sketch) {
    return targeting.mayInclude(sketch.platform(), sketch.nativeVersion());
  }

  /// A sketch that is none is left out: what it would add is unknown.
  private static void merge(Map<String, DeviceSketch> kinds, FleetSize.Sketch sketch) {
    try {
      var registers = DeviceSketch.of(sketch.registers());
      var known = kinds.putIfAbsent(sketch.platform() + "/" + sketch.nativeVersion(), registers);
      if (known != null) known.merge(registers);
    } catch (IllegalArgumentException e) {
      LOG.warnf("A sketch of the fleet is none: reason=%s", e.getMessage());
    }
  }
}
