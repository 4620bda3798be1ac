package dev.slipway.delivery.report;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.protocol.Report;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Something that waits to be sent to Kafka.
public sealed interface Arrival {

  /// Memory that one takes besides its texts, roughly.
  int OVERHEAD_BYTES = 400;

  /// Roughly.
  int bytes();

  /// A device reported.
  ///
  /// @param network the part of the sender's address that names its network
  /// @param served what devices were answered from then; absent while the service did not follow
  ///     the topics, in which case the first one counts
  record Reported(Report report, byte[] network, Instant receivedAt, @Nullable Served served)
      implements Arrival {
    @Override
    public int bytes() {
      return OVERHEAD_BYTES
          + report.action().length()
          + length(report.versionName())
          + length(report.oldVersionName())
          + length(report.facts().pluginVersion())
          + length(report.facts().nativeVersion())
          + length(report.facts().osVersion())
          + length(report.facts().customId())
          + length(report.facts().channel());
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

  /// A device reported, and what delivery knows was added already, all but its network.
  ///
  /// @param app whose devices' networks are hashed alike
  /// @param network the part of the sender's address that names its network
  /// @param again the same from what is known later
  record Stamped(DeviceEvent.Reported event, AppState app, byte[] network, Telling again)
      implements Arrival {
    @Override
    public int bytes() {
      return OVERHEAD_BYTES + (event.reason() == null ? 0 : 2 * event.reason().length());
    }
  }

  /// Adds to a report what delivery knows by then.
  interface Telling {
    /// Nothing where the app is known no more.
    Optional<DeviceEvent.Reported> from(Served served);
  }

  /// A device of an older plugin chose a channel, or took its choice back.
  ///
  /// @param revision the time of the choice, in milliseconds since 1970
  record Chosen(
      AppId app, DeviceId device, @Nullable ChannelName channel, long revision, Instant at)
      implements Arrival {
    @Override
    public int bytes() {
      return OVERHEAD_BYTES;
    }
  }
}
