package dev.slipway.delivery.report;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.image.DeliveryImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Reports of a version that their channel's plan does not name. The device may have been offered
/// it by another instance, to which the plan came first; stamped by the older plan the report would
/// count for another rollout, or for none. They are kept until the plan names the version, for two
/// seconds at most. Most of them are of versions that no plan names any more: of a version for
/// which somebody has waited in vain, nobody waits again for half a minute.
///
/// Bounded in number; what has no place is not kept. For one thread. Times are as
/// [System#nanoTime] has them.
final class EarlyReports {

  /// As long as the other services wait for what they have not read yet.
  static final long PATIENCE_NANOS = 2_000_000_000L;

  static final long VAIN_NANOS = 30_000_000_000L;
  static final int MOST = 4096;
  private static final int MOST_VAIN = 1024;

  /// @param event what it is without the plan that it may have overtaken
  private record Waiting(Arrival arrival, DeviceEvent.Reported event, long until) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Map<String, Long> inVain = new LinkedHashMap<>();
  private @Nullable DeliveryImage seen;

  /// Takes a report if it may have come too early.
  ///
  /// @param event what it is as of the image
  /// @return whether it was taken
  boolean keep(Arrival arrival, DeviceEvent.Reported event, DeliveryImage image, long now) {
    if (waiting.size() >= MOST || !isEarly(event, image)) return false;
    var vain = inVain.get(key(event));
    if (vain != null && now - vain < VAIN_NANOS) return false;
    waiting.add(new Waiting(arrival, event, now + PATIENCE_NANOS));
    return true;
  }

  /// Gives back those whose time has come, oldest first: the plan names their version, or they have
  /// waited long enough.
  List<Arrival> due(DeliveryImage image, long now) {
    var due = new ArrayList<Arrival>();
    if (image != seen) {
      seen = image;
      take(due, it -> !isEarly(it.event(), image));
    }
    for (var oldest = waiting.peek();
        oldest != null && now - oldest.until() >= 0;
        oldest = waiting.peek()) {
      var vain = key(oldest.event());
      inVain.put(vain, now);
      // Whoever waits for the same waits in vain too.
      take(due, it -> key(it.event()).equals(vain));
    }
    while (inVain.size() > MOST_VAIN) inVain.remove(inVain.keySet().iterator().next());
    return due;
  }

  /// Gives back all.
  List<Arrival> all() {
    var all = new ArrayList<Arrival>();
    take(all, _ -> true);
    return all;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  private void take(List<Arrival> to, Predicate<Waiting> which) {
    waiting.removeIf(
        it -> {
          if (!which.test(it)) return false;
          to.add(it.arrival());
          return true;
        });
  }

  private static boolean isEarly(DeviceEvent.Reported event, DeliveryImage image) {
    var version = version(event);
    if (version == null || !Version.isValid(version)) return false;
    if (version.equals(Version.BUILTIN.text())) return false;
    var app = image.app(event.appId().text());
    if (app == null) return false;
    var channel = event.channel() == null ? null : app.channel(event.channel().text());
    return channel == null || !channel.names(version);
  }

  /// What a report names may be a file of a version.
  private static @Nullable String version(DeviceEvent.Reported event) {
    var name = event.versionName();
    int colon = name == null ? -1 : name.indexOf(':');
    return name == null || colon < 0 ? name : name.substring(0, colon);
  }

  private static String key(DeviceEvent.Reported event) {
    return event.appId() + "/" + event.channel() + "/" + version(event);
  }
}
