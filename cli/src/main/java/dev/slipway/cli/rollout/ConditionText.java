package dev.slipway.cli.rollout;

import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.decisions.Targeting;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How a condition is typed: `platform=ios,android`, `native_version=5.0.0..6.0.0` (the upper end
/// is not part of it; either may be left out), `os_version=13..`, `plugin_version=..9`,
/// `custom_id=a,b`, `attribute:country=fr,de`.
public final class ConditionText {

  private static final String ATTRIBUTE = "attribute:";

  private ConditionText() {}

  /// @throws IllegalArgumentException if the text is not a condition, or one that the service would
  ///     refuse
  public static Condition parse(String text) {
    var condition = read(text);
    Targeting.fault(List.of(condition))
        .ifPresent(
            fault -> {
              String member = fault.pointer().substring("/0".length());
              throw new IllegalArgumentException(
                  member.isEmpty() ? fault.cause() : member.substring(1) + " " + fault.cause());
            });
    return condition;
  }

  private static Condition read(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new IllegalArgumentException(
          "a condition is written NAME=VALUES or NAME=FROM..BELOW, such as platform=ios or"
              + " native_version=5.0.0..6.0.0");
    }
    String name = text.substring(0, equals).strip();
    String value = text.substring(equals + 1).strip();
    if (name.startsWith(ATTRIBUTE)) {
      return new Condition.AttributeIn(name.substring(ATTRIBUTE.length()), values(value));
    }
    return switch (name) {
      case "platform" ->
          new Condition.PlatformIn(
              values(value).stream().map(ConditionText::platform).collect(Collectors.toSet()));
      case "native_version" -> new Condition.NativeVersion(from(value), below(value));
      case "os_version" -> new Condition.OsVersion(from(value), below(value));
      case "plugin_version" -> new Condition.PluginVersion(from(value), below(value));
      case "custom_id" -> new Condition.CustomIdIn(values(value));
      default ->
          throw new IllegalArgumentException(
              "a condition is about platform, native_version, os_version, plugin_version,"
                  + " custom_id or attribute:NAME");
    };
  }

  public static String write(Condition condition) {
    return switch (condition) {
      case Condition.PlatformIn(var in) ->
          "platform="
              + in.stream()
                  .map(it -> it.name().toLowerCase(Locale.ROOT))
                  .sorted()
                  .collect(Collectors.joining(","));
      case Condition.NativeVersion(var from, var below) -> "native_version=" + range(from, below);
      case Condition.OsVersion(var from, var below) -> "os_version=" + range(from, below);
      case Condition.PluginVersion(var from, var below) -> "plugin_version=" + range(from, below);
      case Condition.CustomIdIn(var in) -> "custom_id=" + sorted(in);
      case Condition.AttributeIn(var key, var in) -> ATTRIBUTE + key + "=" + sorted(in);
    };
  }

  private static String range(@Nullable String from, @Nullable String below) {
    return (from == null ? "" : from) + ".." + (below == null ? "" : below);
  }

  private static String sorted(Set<String> values) {
    return values.stream().sorted().collect(Collectors.joining(","));
  }

  private static Set<String> values(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).collect(Collectors.toSet());
  }

  private static @Nullable String from(String range) {
    String text = range.substring(0, dots(range)).strip();
    return text.isEmpty() ? null : text;
  }

  private static @Nullable String below(String range) {
    String text = range.substring(dots(range) + 2).strip();
    return text.isEmpty() ? null : text;
  }

  private static int dots(String range) {
    int at = range.indexOf("..");
    if (at < 0) {
      throw new IllegalArgumentException(
          "a range is written FROM..BELOW, FROM.. or ..BELOW, such as 5.0.0..6.0.0");
    }
    return at;
  }

  private static Platform platform(String text) {
    for (Platform platform : Platform.values()) {
      if (platform.name().equalsIgnoreCase(text)) return platform;
    }
    throw new IllegalArgumentException("a platform is android, ios or electron");
  }
}
