package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.Platform;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One life-cycle event as the device sent it.
///
/// @param versionName may be missing, unknown, or a version and a file
/// @param channel the one that the device wants
public record Report(
    AppId app,
    DeviceId device,
    Platform platform,
    String action,
    @Nullable String versionName,
    @Nullable String oldVersionName,
    @Nullable String pluginVersion,
    @Nullable Instant deviceTime,
    @Nullable String channel,
    boolean emulator,
    boolean release) {

  /// The version without the file.
  public String version() {
    if (versionName == null) return "";
    int colon = versionName.indexOf(':');
    return colon < 0 ? versionName : versionName.substring(0, colon);
  }
}
