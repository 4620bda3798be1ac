package dev.slipway.contracts.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.topic.State;
import java.time.Instant;

/**
 * The channel that an operator put a device on; it wins over the device's own choice. Written by
 * the rollout service on {@code device-overrides}, key: {@code app/device}; a tombstone takes it
 * away.
 */
public record DeviceOverride(
    AppId appId, DeviceId deviceId, ChannelName channel, long revision, Instant changedAt)
    implements State {

  /** The record's key. */
  public String key() {
    return DeviceEvent.key(appId, deviceId);
  }
}
