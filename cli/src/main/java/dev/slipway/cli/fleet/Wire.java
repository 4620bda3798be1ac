package dev.slipway.cli.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the stock plugin writes and reads.
final class Wire {

  /// A report and when it was made.
  record Dated(Report report, long atMillis) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String appId;
  private final String nativeVersion;
  private final @Nullable String channel;
  private final @Nullable String keyId;

  Wire(String appId, String nativeVersion, @Nullable String channel, @Nullable String keyId) {
    this.appId = appId;
    this.nativeVersion = nativeVersion;
    this.channel = channel;
    this.keyId = keyId;
  }

  String userAgent(Identity who) {
    return "CapacitorUpdater/%s (%s) %s/%s"
        .formatted(who.plugin().version(), appId, who.platform().word, who.platform().os);
  }

  byte[] check(Identity who, String versionName) {
    Map<String, Object> body = info(who, versionName);
    if (keyId != null) body.put("key_id", keyId);
    return write(body);
  }

  /// A report that is posted by itself.
  byte[] single(Identity who, Report report) {
    return write(event(who, report));
  }

  byte[] batch(Identity who, List<Dated> reports) {
    return write(
        reports.stream()
            .map(
                dated -> {
                  Map<String, Object> event = event(who, dated.report());
                  event.put("timestamp", dated.atMillis());
                  if (keyId != null) event.put("key_id", keyId);
                  return event;
                })
            .toList());
  }

  private Map<String, Object> event(Identity who, Report report) {
    Map<String, Object> event = info(who, report.versionName());
    event.put("action", report.action());
    event.put("old_version_name", report.oldVersionName());
    if (!report.metadata().isEmpty()) event.put("metadata", report.metadata());
    return event;
  }

  private Map<String, Object> info(Identity who, @Nullable String versionName) {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("platform", who.platform().word);
    info.put("device_id", who.id().text());
    info.put("app_id", appId);
    info.put("custom_id", "");
    info.put("version_build", nativeVersion);
    info.put("version_code", "1");
    info.put("version_os", who.platform().os);
    if (versionName != null) info.put("version_name", versionName);
    info.put("plugin_version", who.plugin().version());
    info.put("is_emulator", false);
    info.put("is_prod", true);
    if (who.plugin().modern()) info.put("install_source", who.platform().store);
    info.put("defaultChannel", channel == null ? "" : channel);
    return info;
  }

  /// What the plugin makes of an answer to its check.
  static Answer read(byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException _) {
      return new Answer.Refused("not JSON");
    }
    if (json == null || !json.isObject()) return new Answer.Refused("not an object");
    if (json.has("error") || json.has("kind")) {
      return switch (json.path("kind").asText()) {
        case "up_to_date", "blocked" -> new Answer.Nothing();
        default -> new Answer.Refused(json.path("error").asText());
      };
    }
    String version = json.path("version").asText();
    if (version.equals(Books.BUILTIN)) return new Answer.ToBuiltin();
    String url = json.path("url").asText();
    if (version.isEmpty() || url.isEmpty()) return new Answer.Refused("no url");
    try {
      return new Answer.Install(
          new Offer(
              version,
              URI.create(url),
              json.path("session_key").asText(),
              json.path("checksum").asText()));
    } catch (IllegalArgumentException _) {
      return new Answer.Refused("no url");
    }
  }

  private static byte[] write(Object body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of texts can be written", e);
    }
  }
}
