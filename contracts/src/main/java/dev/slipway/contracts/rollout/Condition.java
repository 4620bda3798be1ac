package dev.slipway.contracts.rollout;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.contracts.device.Platform;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One thing that must hold for a device to be part of a rollout. Of several, all must hold. A range
 * goes from a version (inclusive) to below another (exclusive); one of the two may be absent.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "where")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Condition.PlatformIn.class, name = "platform"),
  @JsonSubTypes.Type(value = Condition.NativeVersion.class, name = "native_version"),
  @JsonSubTypes.Type(value = Condition.OsVersion.class, name = "os_version"),
  @JsonSubTypes.Type(value = Condition.PluginVersion.class, name = "plugin_version"),
  @JsonSubTypes.Type(value = Condition.CustomIdIn.class, name = "custom_id"),
  @JsonSubTypes.Type(value = Condition.AttributeIn.class, name = "attribute")
})
public sealed interface Condition {

  /** The device runs on one of these. */
  record PlatformIn(Set<Platform> in) implements Condition {
    public PlatformIn {
      in = Set.copyOf(in);
    }
  }

  /** The native build of the app. */
  record NativeVersion(@Nullable String from, @Nullable String below) implements Condition {}

  /** The operating system. */
  record OsVersion(@Nullable String from, @Nullable String below) implements Condition {}

  /** The stock plugin, or the agent. */
  record PluginVersion(@Nullable String from, @Nullable String below) implements Condition {}

  /** The app gave the device one of these ids. */
  record CustomIdIn(Set<String> in) implements Condition {
    public CustomIdIn {
      in = Set.copyOf(in);
    }
  }

  /** An attribute that the agent sends has one of these values. */
  record AttributeIn(String key, Set<String> in) implements Condition {
    public AttributeIn {
      in = Set.copyOf(in);
    }
  }
}
