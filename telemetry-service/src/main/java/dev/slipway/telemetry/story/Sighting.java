package dev.slipway.telemetry.story;

import java.time.Instant;
import java.util.Comparator;

/// A moment in which a device ran the version.
///
/// @param at by the device's clock where the plugin sends its time: then a queue that was sent late
///     or twice changes nothing; else when we heard of it
/// @param heardAt by our clock
/// @param foreground whether the user just got it before them
record Sighting(Instant at, Instant heardAt, boolean foreground) {

  /// A repeat is equal in this order, whenever it is heard.
  static final Comparator<Sighting> ORDER =
      Comparator.comparing(Sighting::at).thenComparing(Sighting::foreground);
}
