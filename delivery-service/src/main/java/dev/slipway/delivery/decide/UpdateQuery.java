package dev.slipway.delivery.decide;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;

/// A device asks whether there is an update for it.
///
/// @param app as the device wrote it, in the shape of an app's id
/// @param versionName the bundle that runs, as the device wrote it
/// @param running the same as answers repeat it: the native version where that runs
/// @param builtin whether it runs what the store delivered
public record UpdateQuery(
    String app,
    DeviceId device,
    DeviceFacts facts,
    String versionName,
    String running,
    boolean builtin) {

  /// Newer plugins name the native version where they run what the store delivered, older ones say
  /// "builtin".
  public static UpdateQuery of(String app, DeviceId device, DeviceFacts facts, String versionName) {
    boolean builtin =
        versionName.equals(Version.BUILTIN.text()) || versionName.equals(facts.nativeVersion());
    return new UpdateQuery(
        app, device, facts, versionName, builtin ? facts.build().toString() : versionName, builtin);
  }

  public boolean runs(Version version) {
    return runs(version.text());
  }

  public boolean runs(String version) {
    return versionName.equals(version) || running.equals(version);
  }
}
