package dev.slipway.delivery.decide;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.image.SemVer;
import org.jspecify.annotations.Nullable;

/// What a device says of itself when it asks for an update.
///
/// @param nativeVersion of the app as the store delivered it
/// @param nativeText the same as the device wrote it
/// @param versionName the bundle that runs, as the device wrote it
/// @param channel the channel that it wants; absent if it has no wish
/// @param keyId names the public key in the app; absent if it sends none
public record UpdateQuery(
    AppId app,
    DeviceId device,
    Platform platform,
    SemVer nativeVersion,
    String nativeText,
    String versionName,
    Plugin plugin,
    boolean emulator,
    boolean release,
    @Nullable String channel,
    @Nullable String keyId) {

  /// Whether it runs what the store delivered. Newer plugins name the native version then.
  public boolean runsBuiltin() {
    return versionName.equals(Version.BUILTIN.text()) || versionName.equals(nativeText);
  }

  public boolean runs(Version version) {
    return versionName.equals(version.text())
        || runsBuiltin() && nativeVersion.toString().equals(version.text());
  }

  /// The running version as an answer repeats it.
  public String running() {
    return runsBuiltin() ? nativeVersion.toString() : versionName;
  }
}
