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
 * {@code app/device}. Repeats, late and reordered events are normal: devices queue them.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DeviceEvent.Offered.class, name = "offered"),
  @JsonSubTypes.Type(value = DeviceEvent.Reported.class, name = "reported")
})
public sealed interface DeviceEvent {

  AppId appId();

  DeviceId deviceId();

  /** When delivery received the device's request. */
  Instant receivedAt();

  /** The record's key. */
  default String key() {
    return appId() + "/" + deviceId();
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
      implements DeviceEvent {}

  /**
   * A life-cycle event as the device sent it.
   *
   * @param action the stock plugin's word, whatever it is
   * @param versionName the version that the device names, as it wrote it; may be absent or
   *     "version:file"
   * @param deviceTime the device's own time, where it gave one; data, never a deadline
   * @param network salted hash of the sender's /16 (IPv4) or /32 (IPv6)
   * @param counts whether it may count at all: neither an emulator nor a debug build
   * @param stamp absent unless the version named is the channel's active candidate
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
      @Nullable Stamp stamp,
      Instant receivedAt)
      implements DeviceEvent {}
}
