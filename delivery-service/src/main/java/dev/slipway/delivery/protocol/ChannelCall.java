package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.delivery.decide.DeviceFacts;
import org.jspecify.annotations.Nullable;

/// A device asks for its channel, or for another one.
///
/// @param channel the one that it wants to be on
/// @param action the Electron updater's word for what it wants
public record ChannelCall(
    AppId app,
    DeviceId device,
    DeviceFacts facts,
    @Nullable String channel,
    @Nullable String action) {

  /// The channel that the device is on, as far as it knows.
  public @Nullable String defaultChannel() {
    return facts.channel();
  }
}
