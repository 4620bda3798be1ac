package dev.slipway.telemetry;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/// Reports of made-up devices.
public record Reports(
    DeviceId device,
    RolloutId rollout,
    String network,
    String version,
    String plugin,
    int stage,
    Arm arm,
    boolean stamped,
    boolean counts) {

  /// Devices are spread over so many networks.
  public static final int NETWORKS = 20;

  public static Reports of(long device, RolloutId rollout) {
    return new Reports(
        DeviceId.of(new UUID(0xd, device).toString()),
        rollout,
        "network-" + device % NETWORKS,
        "1.4.2",
        "8.51.23",
        0,
        Arm.EXPOSED,
        true,
        true);
  }

  public Reports version(String other) {
    return new Reports(device, rollout, network, other, plugin, stage, arm, stamped, counts);
  }

  public Reports plugin(String other) {
    return new Reports(device, rollout, network, version, other, stage, arm, stamped, counts);
  }

  public Reports stage(int other) {
    return new Reports(device, rollout, network, version, plugin, other, arm, stamped, counts);
  }

  public Reports control() {
    return new Reports(
        device, rollout, network, version, plugin, stage, Arm.CONTROL, stamped, counts);
  }

  public Reports unstamped() {
    return new Reports(device, rollout, network, version, plugin, stage, arm, false, counts);
  }

  public Reports emulator() {
    return new Reports(device, rollout, network, version, plugin, stage, arm, stamped, false);
  }

  public Reported say(String action) {
    return say(action, Duration.ZERO);
  }

  public Reported say(String action, Duration after) {
    Instant at = PluginTrace.START.plus(after);
    return new Reported(
        PluginTrace.APP,
        PluginTrace.CHANNEL,
        device,
        Platform.ANDROID,
        action,
        version,
        "",
        plugin,
        null,
        network,
        counts,
        stamped ? new Stamp(rollout, arm, stage, 7) : null,
        at);
  }
}
