package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.decide.Plugin;
import org.jspecify.annotations.Nullable;

/// A device asks for its channel, or for another one.
///
/// @param channel the one that it wants to be on
/// @param defaultChannel the one that it is on, as far as it knows
/// @param action the Electron updater's word for what it wants
public record ChannelCall(
    AppId app,
    Platform platform,
    Plugin plugin,
    @Nullable String channel,
    @Nullable String defaultChannel,
    @Nullable String action) {}
