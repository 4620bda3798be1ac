package dev.slipway.delivery.agent;

import dev.slipway.contracts.device.Platform;
import dev.slipway.decisions.Targeting;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an agent says of its device.
record AgentFacts(
    Platform platform, String nativeVersion, String osVersion, Map<String, String> attributes)
    implements Targeting.Device {

  /// Agents have no plugin.
  @Override
  public @Nullable String pluginVersion() {
    return null;
  }

  @Override
  public @Nullable String customId() {
    return attributes.get("custom_id");
  }

  @Override
  public @Nullable String attribute(String key) {
    return attributes.get(key);
  }
}
