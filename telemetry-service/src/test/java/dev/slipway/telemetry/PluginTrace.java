package dev.slipway.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// What an unmodified stock plugin sent to `/stats`, as the delivery service would write it down
/// while a rollout of the trace's version is under way.
public record PluginTrace(String plugin, String scenario, List<Reported> reports) {

  public static final AppId APP = AppId.of("com.demo.app");
  public static final ChannelName CHANNEL = ChannelName.of("production");
  public static final RolloutId ROLLOUT = RolloutId.of("11111111-2222-3333-4444-555555555555");
  public static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

  private static final List<String> PLUGINS =
      List.of("7.27.8", "7.36.1", "7.51.21", "8.40.7", "8.51.23");

  public static Stream<PluginTrace> all(String scenario) {
    return PLUGINS.stream().map(plugin -> read(plugin, scenario));
  }

  public static PluginTrace read(String plugin, String scenario) {
    String candidate =
        switch (scenario) {
          case "healthy", "bad-checksum" -> "1.0.1";
          case "never-ready" -> "1.0.2";
          case "missing-file" -> "1.0.3";
          default -> throw new IllegalArgumentException(scenario);
        };
    String file = "/plugin-traces/%s-%s.jsonl".formatted(plugin, scenario);
    try (InputStream in = Objects.requireNonNull(PluginTrace.class.getResourceAsStream(file))) {
      var reports = new ArrayList<Reported>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        JsonNode request = Json.LENIENT.readTree(line);
        if (!request.path("path").asText().startsWith("/stats")) continue;
        Instant receivedAt = START.plusMillis(request.path("at_ms").asLong());
        JsonNode body = request.path("body");
        Stream<JsonNode> events =
            body.isArray() ? StreamSupport.stream(body.spliterator(), false) : Stream.of(body);
        events.map(event -> report(event, candidate, receivedAt)).forEach(reports::add);
      }
      return new PluginTrace(plugin, scenario, reports);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whether the plugin says `app_launch_ready`.
  public boolean saysReady() {
    return plugin.contains(".51.");
  }

  @Override
  public String toString() {
    return plugin + " " + scenario;
  }

  private static Reported report(JsonNode event, String candidate, Instant receivedAt) {
    String version = text(event, "version_name");
    return new Reported(
        APP,
        CHANNEL,
        DeviceId.of(event.path("device_id").asText()),
        Platform.valueOf(event.path("platform").asText().toUpperCase(Locale.ROOT)),
        event.path("action").asText(),
        version,
        text(event, "old_version_name"),
        text(event, "plugin_version"),
        event.has("timestamp") ? Instant.ofEpochMilli(event.path("timestamp").asLong()) : null,
        "network-a",
        event.path("is_prod").asBoolean() && !event.path("is_emulator").asBoolean(),
        new Stamp(ROLLOUT, Arm.EXPOSED, 0, 7, Version.of(candidate)),
        receivedAt);
  }

  private static String text(JsonNode event, String name) {
    return event.hasNonNull(name) ? event.path(name).asText() : null;
  }
}
