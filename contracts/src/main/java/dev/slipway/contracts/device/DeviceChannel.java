package dev.slipway.contracts.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.topic.State;
import java.time.Instant;

/**
 * The channel that a device chose, where its plugin cannot keep that itself. Written by the
 * delivery service on {@code device-channels}, key: {@code app/device}; a tombstone takes it away,
 * which the rollout service writes too where it forgets a device.
 *
 * @param revision the time of the choice, in milliseconds
 */
public record DeviceChannel(
    AppId appId, DeviceId deviceId, ChannelName channel, long revision, Instant changedAt)
    implements State {

  /** The record's key. */
  public String key() {
    return DeviceEvent.key(appId, deviceId);
  }
}
