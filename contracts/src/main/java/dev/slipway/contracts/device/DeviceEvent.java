package dev.slipway.contracts.device;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a device was told or said. Written by the delivery service on {@code device-events}, key:
 * {@code app/device}; only {@link Forgotten} comes from the rollout service. Repeats, late and
 * reordered events are normal: devices queue them.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DeviceEvent.Offered.class, name = "offered"),
  @JsonSubTypes.Type(value = DeviceEvent.Reported.class, name = "reported"),
  @JsonSubTypes.Type(value = DeviceEvent.Tick.class, name = "tick"),
  @JsonSubTypes.Type(value = DeviceEvent.Forgotten.class, name = "forgotten")
})
public sealed interface DeviceEvent {

  /** When delivery received the device's request, or wrote the tick. */
  Instant receivedAt();

  /** The record's key. */
  String key();

  /** The key of all records of a device. */
  static String key(AppId app, DeviceId device) {
    return app + "/" + device;
  }

  /**
   * Delivery offered the candidate of a rollout; at most once per rollout, device, instance and
   * hour.
   */
  record Offered(
      AppId appId,
      ChannelName channel,
      DeviceId deviceId,
      Platform platform,
      Version version,
      Stamp stamp,
      Instant receivedAt)
      implements DeviceEvent {
    @Override
    public String key() {
      return DeviceEvent.key(appId, deviceId);
    }
  }

  /**
   * A life-cycle event as the device sent it.
   *
   * @param action the stock plugin's word, whatever it is
   * @param versionName the version that the device names, as it wrote it; may be absent or
   *     "version:file"
   * @param deviceTime the device's own time, where it gave one; data, never a deadline
   * @param network salted hash of the sender's /16 (IPv4) or /32 (IPv6)
   * @param counts whether it may count at all: neither an emulator nor a debug build
   * @param reason why, in the agent's words; at most 4 KiB
   * @param enrolledAt when the device enrolled the key that signed the report; absent where nothing
   *     proves who sent it
   * @param stamp the channel's active rollout and the device's side of it, whatever version the
   *     report names; absent where no rollout is active or the device is not eligible
   */
  record Reported(
      AppId appId,
      @Nullable ChannelName channel,
      DeviceId deviceId,
      Platform platform,
      String action,
      @Nullable String versionName,
      @Nullable String oldVersionName,
      @Nullable String pluginVersion,
      @Nullable Instant deviceTime,
      String network,
      boolean counts,
      @Nullable String reason,
      @Nullable Instant enrolledAt,
      @Nullable Stamp stamp,
      Instant receivedAt)
      implements DeviceEvent {

    /** An anonymous report without a reason, as the stock plugin sends it. */
    public Reported(
        AppId appId,
        @Nullable ChannelName channel,
        DeviceId deviceId,
        Platform platform,
        String action,
        @Nullable String versionName,
        @Nullable String oldVersionName,
        @Nullable String pluginVersion,
        @Nullable Instant deviceTime,
        String network,
        boolean counts,
        @Nullable Stamp stamp,
        Instant receivedAt) {
      this(
          appId,
          channel,
          deviceId,
          platform,
          action,
          versionName,
          oldVersionName,
          pluginVersion,
          deviceTime,
          network,
          counts,
          null,
          null,
          stamp,
          receivedAt);
    }

    /** The same report, from this network. */
    public Reported from(String network) {
      return new Reported(
          appId,
          channel,
          deviceId,
          platform,
          action,
          versionName,
          oldVersionName,
          pluginVersion,
          deviceTime,
          network,
          counts,
          reason,
          enrolledAt,
          stamp,
          receivedAt);
    }

    @Override
    public String key() {
      return DeviceEvent.key(appId, deviceId);
    }
  }

  /**
   * Time went by: once a second on each partition, so that deadlines fall in the order of the log
   * and a replay sees them at the same place. Of several instances each writes its own.
   */
  record Tick(int partition, Instant receivedAt) implements DeviceEvent {
    @Override
    public String key() {
      return "tick/" + partition;
    }
  }

  /**
   * An operator asked for all that is known of the device to be deleted. Telemetry forgets its
   * story; counts that it is part of stay, since they name nobody.
   */
  record Forgotten(AppId appId, DeviceId deviceId, Instant receivedAt) implements DeviceEvent {
    @Override
    public String key() {
      return DeviceEvent.key(appId, deviceId);
    }
  }
}
