package dev.slipway.delivery.report;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.image.DeliveryImage;
import java.util.Optional;

/// Makes an event of a report: adds what only delivery knows.
public record Stamper(Networks networks) {

  /// The event; nothing if the app is unknown, whose reports nobody wants.
  ///
  /// @param image what was served when the report came
  public Optional<DeviceEvent> event(Arrival.Reported arrival, DeliveryImage image) {
    var report = arrival.report();
    return image
        .app(report.app())
        .map(
            app -> {
              var channel = app.channelOf(report.channel(), report.platform());
              return new DeviceEvent.Reported(
                  report.app(),
                  channel.map(found -> found.state().channel()).orElse(null),
                  report.device(),
                  report.platform(),
                  report.action(),
                  report.versionName(),
                  report.oldVersionName(),
                  report.pluginVersion(),
                  report.deviceTime(),
                  networks.hash(app.registered(), arrival.network()),
                  report.release() && !report.emulator(),
                  channel.map(found -> found.stamp(report.device(), report.version())).orElse(null),
                  arrival.receivedAt());
            });
  }
}
