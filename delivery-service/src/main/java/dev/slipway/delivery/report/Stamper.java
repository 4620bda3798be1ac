package dev.slipway.delivery.report;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.image.Served;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Makes an event of a report: adds what only delivery knows.
public record Stamper(Networks networks) {

  /// Clocks of devices are not exact, and an hour tells a wrong time zone from a wrong year.
  private static final Duration AHEAD = Duration.ofHours(1);

  /// The event; nothing if the app is unknown, whose reports nobody wants.
  ///
  /// @param served what devices were answered from when the report came
  public Optional<DeviceEvent.Reported> event(Arrival.Reported arrival, Served served) {
    var report = arrival.report();
    var app = served.image().app(report.app().text());
    if (app == null) return Optional.empty();
    var facts = report.facts();
    long device = served.devices().keys().device(app.hash(), report.device());
    var channel = UpdateRules.channelOf(app, served.devices(), device, facts);
    return Optional.of(
        new DeviceEvent.Reported(
            report.app(),
            channel == null ? null : channel.state().channel(),
            report.device(),
            facts.platform(),
            report.action(),
            report.versionName(),
            report.oldVersionName(),
            facts.pluginVersion(),
            clamped(report.deviceTime(), arrival.receivedAt()),
            networks.hash(app.registered(), arrival.network()),
            facts.release() && !facts.emulator(),
            channel == null ? null : UpdateRules.stamp(app, channel, report.device(), facts),
            arrival.receivedAt()));
  }

  /// The event of a report that lacks its network only.
  DeviceEvent.Reported event(Arrival.Stamped arrival, DeviceEvent.Reported told) {
    return told.from(networks.hash(arrival.app(), arrival.network()));
  }

  /// Nothing that came by now happened later than now.
  private static @Nullable Instant clamped(@Nullable Instant deviceTime, Instant receivedAt) {
    return deviceTime == null || !deviceTime.isAfter(receivedAt.plus(AHEAD))
        ? deviceTime
        : receivedAt;
  }
}
