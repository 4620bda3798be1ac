package dev.slipway.delivery.protocol;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.delivery.decide.DeviceFacts;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One life-cycle event as the device sent it.
///
/// @param versionName may be missing, unknown, or a version and a file
public record Report(
    AppId app,
    DeviceId device,
    DeviceFacts facts,
    String action,
    @Nullable String versionName,
    @Nullable String oldVersionName,
    @Nullable Instant deviceTime) {

  /// The version without the file.
  public String version() {
    if (versionName == null) return "";
    int colon = versionName.indexOf(':');
    return colon < 0 ? versionName : versionName.substring(0, colon);
  }
}
