package dev.slipway.delivery.report;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.protocol.Report;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Something for `device-events` that waits to be sent.
public sealed interface Arrival {

  /// Memory that one takes besides its texts, roughly.
  int OVERHEAD_BYTES = 400;

  /// Roughly.
  int bytes();

  /// A device reported.
  ///
  /// @param network the part of the sender's address that names its network
  /// @param image what the device was answered from then; absent while the service had none, in
  ///     which case the first one counts
  record Reported(Report report, byte[] network, Instant receivedAt, @Nullable DeliveryImage image)
      implements Arrival {
    @Override
    public int bytes() {
      return OVERHEAD_BYTES
          + report.action().length()
          + length(report.versionName())
          + length(report.oldVersionName())
          + length(report.pluginVersion())
          + length(report.channel());
    }

    private static int length(@Nullable String text) {
      return text == null ? 0 : 2 * text.length();
    }
  }

  /// A device was offered a candidate.
  record Offered(DeviceEvent.Offered event) implements Arrival {
    @Override
    public int bytes() {
      return OVERHEAD_BYTES;
    }
  }
}
