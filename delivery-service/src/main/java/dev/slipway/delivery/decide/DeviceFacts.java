package dev.slipway.delivery.decide;

import dev.slipway.contracts.device.Platform;
import dev.slipway.decisions.Targeting;
import dev.slipway.delivery.image.SemVer;
import org.jspecify.annotations.Nullable;

/// What a device says of itself, with each check and each report.
///
/// @param build version of the app as the store delivered it; 0.0.0 where it says none
/// @param nativeVersion the same as the device wrote it
/// @param pluginVersion of the stock plugin, as the device wrote it
/// @param channel the channel that it wants; absent if it has no wish
/// @param keyId names the public key in the app; absent if it sends none
public record DeviceFacts(
    Platform platform,
    SemVer build,
    @Nullable String nativeVersion,
    Plugin plugin,
    @Nullable String pluginVersion,
    @Nullable String osVersion,
    @Nullable String customId,
    boolean emulator,
    boolean release,
    @Nullable String channel,
    @Nullable String keyId)
    implements Targeting.Device {

  /// The stock plugin sends no attributes.
  @Override
  public @Nullable String attribute(String key) {
    return null;
  }
}
