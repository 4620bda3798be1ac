package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelRules.Barrier;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.FileList;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the stock plugin's own server answers, asked of these routes.
class CapgoCasesTest {

  private static final String APP = "com.demo.app";
  private static final OfferWriter OFFERS = new OfferWriter(URI.create("https://ota.example.com/"));

  /// Cases that are answered otherwise on purpose: what is expected instead.
  private static final Map<String, String> INSTEAD =
      Map.of(
          // A 429 would keep old plugins from reporting until they are restarted.
          "unknown app",
          "{\"status\":200,\"json\":{\"error\":\"app_not_found\",\"kind\":\"blocked\"}}",
          "list: unknown app",
          "{\"status\":200,\"json\":{\"error\":\"app_not_found\",\"kind\":\"blocked\"}}",
          // Reports are taken as they come.
          "unknown action, single",
          "{\"status\":200,\"json\":{\"status\":\"ok\"}}",
          "batch with one bad action",
          "{\"status\":200,\"json\":{\"status\":\"ok\",\"results\":[{\"status\":\"ok\",\"index\":0},{\"status\":\"ok\",\"index\":1}]}}",
          "empty version_name allowed in stats",
          "{\"status\":200,\"json\":{\"status\":\"ok\",\"error\":\"<absent>\"}}",
          // The address of the bundle is this server's.
          "private self-settable channel for the right platform is served",
          "{\"status\":200,\"json\":{\"version\":\"9.7.1001\",\"url\":\"<present>\",\"error\":\"<absent>\"}}",
          // So are the addresses of its files, which are named by their content.
          "manifest served to a new plugin",
          "{\"status\":200,\"json\":{\"version\":\"1.0.0\",\"manifest\":[{\"file_name\":\"test\",\"file_hash\":\"1234567890\",\"download_url\":\"<contains:https://ota.example.com/v1/apps/com.demo.app/blobs/>\"}]}}",
          // A plugin of that age tells a zip in the clear by its CRC-32 and would refuse it.
          "manifest kept from an old plugin",
          "{\"status\":200,\"json\":{\"error\":\"bundle_format_unsupported\",\"kind\":\"blocked\",\"version\":\"1.0.0\",\"manifest\":\"<absent>\"}}");

  private static RoutesOnImage routes;

  @BeforeAll
  static void start() throws Exception {
    routes = new RoutesOnImage(1000);
  }

  @AfterAll
  static void stop() throws Exception {
    routes.close();
  }

  record Case(String name, JsonNode json) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> all() throws IOException {
    try (InputStream in = CapgoCasesTest.class.getResourceAsStream("/capgo-cases.jsonl")) {
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      var cases = new ArrayList<Case>();
      for (var line : text.lines().toList()) {
        var json = Json.LENIENT.readTree(line);
        cases.add(new Case(json.path("name").asText(), json));
      }
      return cases.stream();
    }
  }

  static Stream<Case> expressible() throws IOException {
    return all().filter(c -> !c.name().equals("_legend"));
  }

  @Test
  void eachCaseThatIsChangedExists() throws IOException {
    var names = all().map(Case::name).collect(Collectors.toSet());
    assertThat(names).containsAll(INSTEAD.keySet()).hasSizeGreaterThan(70);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("expressible")
  void answersAsExpected(Case given) throws Exception {
    // Given
    routes.devices = devices(given.json().path("setup"));
    routes.image = Optional.of(image(given.json().path("setup")));
    var request = given.json().path("request");

    // When
    var answer =
        switch (given.json().path("method").asText()) {
          case "GET", "DELETE" ->
              routes.send(
                  given.json().path("method").asText(),
                  given.json().path("endpoint").asText() + query(request),
                  new byte[0]);
          default ->
              routes.send(
                  given.json().path("method").asText(),
                  given.json().path("endpoint").asText(),
                  request.isTextual()
                      ? request.asText().getBytes(StandardCharsets.UTF_8)
                      : Json.LENIENT.writeValueAsBytes(request));
        };

    // Then
    var instead = INSTEAD.get(given.name());
    int status = given.json().path("expect_status").asInt();
    var expected = given.json().path("expect_json_subset");
    if (instead != null) {
      status = Json.LENIENT.readTree(instead).path("status").asInt();
      expected = Json.LENIENT.readTree(instead).path("json");
    }
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    var body = Json.LENIENT.readTree(answer.body());
    matches(expected, body, answer.body());
    boolean isOffer =
        expected.path("version").isTextual()
            && !expected.path("version").asText().startsWith("<")
            && !expected.has("error");
    if (isOffer) {
      assertThat(body.has("error")).as(answer.body()).isFalse();
      assertThat(body.has("kind")).isFalse();
      assertThat(body.path("url").asText()).startsWith("https://ota.example.com/v1/apps/");
    }
  }

  private static Devices devices(JsonNode setup) {
    var devices = new Devices(1);
    for (var step : setup) {
      if (!step.has("device_override")) continue;
      devices.override(
          new DeviceOverride(
              AppId.of(APP),
              DeviceId.of(step.path("device_override").asText()),
              ChannelName.of(step.path("channel").asText()),
              1,
              Samples.NOW));
    }
    return devices;
  }

  private static String query(JsonNode request) {
    var parameters =
        request.properties().stream()
            .map(
                field ->
                    field.getKey()
                        + "="
                        + URLEncoder.encode(field.getValue().asText(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return parameters.isEmpty() ? "" : "?" + parameters;
  }

  private static DeliveryImage image(JsonNode setup) throws IOException {
    var seed = all().findFirst().orElseThrow().json().path("setup").path("seed:standard");
    Map<String, ObjectNode> versions = new LinkedHashMap<>();
    Map<String, ObjectNode> channels = new LinkedHashMap<>();
    for (var version : seed.path("versions")) {
      versions.put(version.path("name").asText(), version.deepCopy());
    }
    for (var channel : seed.path("channels")) {
      ObjectNode fields = seed.path("every_channel").deepCopy();
      fields.setAll((ObjectNode) channel);
      channels.put(channel.path("name").asText(), fields);
    }
    for (var step : setup) {
      if (step.has("add_version")) {
        versions.put(step.path("add_version").asText(), step.deepCopy());
      } else if (step.has("set_version")) {
        versions.get(step.path("set_version").asText()).setAll((ObjectNode) step);
      } else if (step.has("add_channel")) {
        ObjectNode fields = seed.path("every_channel").deepCopy();
        fields.setAll((ObjectNode) step);
        channels.put(step.path("add_channel").asText(), fields);
      } else if (step.has("set_channel")) {
        channels.get(step.path("set_channel").asText()).setAll((ObjectNode) step);
      } else if (step.has("set_manifest")) {
        versions.get(step.path("set_manifest").asText()).set("entries", step.path("entries"));
      } else if (step.has("clear_file")) {
        versions.get(step.path("clear_file").asText()).put("clear_file", true);
      } else if (!step.isTextual() && !step.has("set_app") && !step.has("device_override")) {
        throw new IllegalArgumentException("no such step: " + step);
      }
    }
    var delta =
        new ImageDelta(
            DeliveryImage.EMPTY, OFFERS, (app, list) -> files(app, versions.values(), list));
    delta.replay(Samples.openApp(APP));
    versions.forEach((name, fields) -> delta.replay(bundle(name, fields)));
    channels.forEach((name, fields) -> delta.replay(channel(name, fields)));
    return delta.apply();
  }

  private static FileList files(AppId app, Collection<ObjectNode> versions, Digest list) {
    return versions.stream()
        .filter(version -> list.equals(files(version)))
        .map(version -> read(app, version.path("entries")))
        .findFirst()
        .orElseThrow();
  }

  private static FileList read(AppId app, JsonNode entries) {
    var document = Json.LENIENT.createArrayNode();
    for (var entry : entries) {
      document
          .addObject()
          .put("file_name", entry.path("file_name").asText())
          .put("file_hash", entry.path("file_hash").asText())
          .put("id", Samples.digest(entry.path("path").asText()).toString())
          .put("size", 7);
    }
    try {
      return FileList.read(app, Json.LENIENT.writeValueAsBytes(document), OFFERS);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Digest files(ObjectNode version) {
    return version.has("entries") ? Samples.digest(version.path("entries").toString()) : null;
  }

  private static BundleState bundle(String name, ObjectNode fields) {
    boolean sealed = fields.has("session_key");
    var capgo =
        new BundleState.Capgo(
            sealed ? Scheme.V3 : Scheme.PLAIN,
            fields.has("clear_file") ? null : Samples.digest("zip of " + name),
            1000,
            fields.path("session_key").asText(),
            "c0ffee".repeat(10),
            sealed ? fields.path("key_id").asText() : null,
            files(fields));
    if (fields.path("deleted").asBoolean()) {
      return Samples.bundle(APP, name, 1, BundleState.Status.WITHDRAWN, capgo);
    }
    var lowest = fields.path("min_update_version").asText(null);
    var metadata =
        fields.has("link")
            ? new BundleState.Metadata(
                fields.path("link").asText(), fields.path("comment").asText())
            : null;
    return Samples.bundle(APP, name, capgo, new BundleState.Compat(Set.of(), lowest), metadata);
  }

  private static ChannelState channel(String name, ObjectNode fields) {
    var rules =
        new ChannelRules(
            fields.path("public").asBoolean(),
            fields.path("allow_device_self_set").asBoolean(),
            fields.path("ios").asBoolean(),
            fields.path("android").asBoolean(),
            fields.path("electron").asBoolean(),
            fields.path("allow_emulator").asBoolean(),
            fields.path("allow_device").asBoolean(),
            fields.path("allow_dev").asBoolean(),
            fields.path("allow_prod").asBoolean(),
            Barrier.valueOf(
                fields.path("disable_auto_update").asText().toUpperCase(java.util.Locale.ROOT)),
            fields.path("disable_auto_update_under_native").asBoolean());
    boolean paused = fields.path("rollout_paused").asBoolean();
    var rollout =
        fields.path("rollout_enabled").asBoolean()
            ? Samples.rollout(
                fields.path("rollout_version").asText(),
                new Exposure(fields.path("rollout_percentage_bps").asInt() * 100),
                paused)
            : null;
    return Samples.channel(
        APP,
        name,
        1,
        fields.path("version").asText(),
        rollout,
        paused ? Set.of(fields.path("rollout_version").asText()) : Set.of(),
        Set.of(),
        rules);
  }

  private static void matches(JsonNode expected, JsonNode found, String all) {
    if (expected.isTextual() && expected.asText().startsWith("<")) {
      word(expected.asText(), found, all);
    } else if (expected.isObject()) {
      expected.properties().forEach(f -> matches(f.getValue(), found.path(f.getKey()), all));
    } else if (expected.isArray() && expected.path(0).isTextual()) {
      expected.forEach(rule -> word(rule.asText(), found, all));
    } else if (expected.isArray()) {
      for (int i = 0; i < expected.size(); i++) matches(expected.get(i), found.path(i), all);
    } else {
      assertThat(found).as(all).isEqualTo(expected);
    }
  }

  private static void word(String word, JsonNode found, String all) {
    int colon = word.indexOf(':');
    var verb = word.substring(1, colon < 0 ? word.length() - 1 : colon);
    var rest = colon < 0 ? "" : word.substring(colon + 1, word.length() - 1);
    List<String> names =
        StreamSupport.stream(found.spliterator(), false)
            .map(item -> item.path("name").asText())
            .toList();
    switch (verb) {
      case "absent" -> assertThat(found.isMissingNode()).as(all).isTrue();
      case "present" -> assertThat(found.isMissingNode() || found.isNull()).as(all).isFalse();
      case "not" -> assertThat(found.asText()).as(all).isNotEqualTo(rest);
      case "contains" -> {
        if (found.isTextual()) assertThat(found.asText()).as(all).contains(rest);
        else assertThat(names).as(all).contains(rest.split(","));
      }
      case "lacks" -> assertThat(names).as(all).doesNotContain(rest.split(","));
      case "len" -> {
        assertThat(found.isArray()).as(all).isTrue();
        assertThat(found.size()).as(all).isEqualTo(Integer.parseInt(rest));
      }
      default -> throw new IllegalArgumentException("no such word: " + word);
    }
  }
}
