package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.decide.Plugin;
import org.jspecify.annotations.Nullable;

/// A device asks which channels it may choose.
///
/// @param pluginNamed whether it said its version at all
/// @param action the Electron updater's word for what it wants
public record ListCall(
    AppId app,
    Platform platform,
    boolean emulator,
    boolean release,
    Plugin plugin,
    boolean pluginNamed,
    @Nullable String action,
    @Nullable String defaultChannel) {

  /// Whether the Electron updater asks, which wants other shapes.
  public boolean isElectron0() {
    return platform == Platform.ELECTRON && pluginNamed && plugin.isElectron0();
  }
}
