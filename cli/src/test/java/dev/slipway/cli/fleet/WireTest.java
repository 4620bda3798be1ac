package dev.slipway.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.contracts.DeviceId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests have the members that the real plugin's have, and answers are taken as it takes them.
class WireTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private final Wire wire = new Wire("com.demo.app", "1.0.0", "production", null);

  @ParameterizedTest
  @ValueSource(strings = {"8.51.23", "8.40.7"})
  void a_check_has_the_members_that_were_recorded(String version) throws IOException {
    // Given
    JsonNode recorded = recorded(version, "/updates").getFirst();

    // When
    JsonNode check = JSON.readTree(wire.check(who(version), "1.0.0"));

    // Then
    assertThat(members(check)).isEqualTo(members(recorded));
    assertThat(check.get("is_prod").isBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"8.51.23, set_next", "8.51.23, app_launch_ready"})
  void a_batched_report_has_the_members_that_were_recorded(String version, String action)
      throws IOException {
    // Given
    JsonNode recorded =
        recorded(version, "/stats").stream()
            .filter(event -> event.get("action").asText().equals(action))
            .findFirst()
            .orElseThrow();
    var metadata =
        recorded.has("metadata") ? Map.of("source", "notify_app_ready") : Map.<String, String>of();

    // When
    JsonNode batch =
        JSON.readTree(
            wire.batch(
                who(version),
                List.of(new Wire.Dated(new Report(action, "1.0.1", "", metadata, true), 5))));

    // Then
    assertThat(batch.isArray()).isTrue();
    assertThat(members(batch.get(0))).isEqualTo(members(recorded));
    assertThat(batch.get(0).get("timestamp").asLong()).isEqualTo(5);
  }

  @Test
  void a_failed_transfer_names_no_version() throws IOException {
    // When
    JsonNode report =
        JSON.readTree(
            wire.single(who("8.51.23"), new Report("download_fail", null, "", Map.of(), false)));

    // Then
    assertThat(report.has("version_name")).isFalse();
    assertThat(report.get("action").asText()).isEqualTo("download_fail");
  }

  @Test
  void an_app_with_a_key_sends_its_id() throws IOException {
    // Given
    var sealed = new Wire("com.demo.app", "1.0.0", null, "MIIBCgKCAQEA12345678");

    // When
    JsonNode check = JSON.readTree(sealed.check(who("8.51.23"), "1.0.0"));

    // Then
    assertThat(check.get("key_id").asText()).isEqualTo("MIIBCgKCAQEA12345678");
    assertThat(check.get("defaultChannel").asText()).isEmpty();
  }

  @Test
  void answers_are_taken_as_the_plugin_takes_them() {
    assertThat(read("{\"error\":\"no_new_version_available\",\"kind\":\"up_to_date\"}"))
        .isEqualTo(new Answer.Nothing());
    assertThat(read("{\"error\":\"app_not_found\",\"kind\":\"blocked\"}"))
        .isEqualTo(new Answer.Nothing());
    assertThat(read("{\"error\":\"no_channel\",\"kind\":\"failed\"}"))
        .isEqualTo(new Answer.Refused("no_channel"));
    assertThat(read("{\"error\":\"on_premise_app\"}"))
        .isEqualTo(new Answer.Refused("on_premise_app"));
    assertThat(read("{\"version\":\"builtin\"}")).isEqualTo(new Answer.ToBuiltin());
    assertThat(read("{\"message\":\"?\"}")).isEqualTo(new Answer.Refused("no url"));
    assertThat(read("{\"version\":\"1.0.1\",\"url\":\"::\"}"))
        .isEqualTo(new Answer.Refused("no url"));
    assertThat(read("[]")).isInstanceOf(Answer.Refused.class);
    assertThat(read("<html>")).isInstanceOf(Answer.Refused.class);
    assertThat(
            read(
                "{\"version\":\"1.0.1\",\"url\":\"http://h/x\",\"session_key\":\"a:b\",\"checksum\":\"c\",\"more\":1}"))
        .isInstanceOf(Answer.Install.class);
  }

  private static Answer read(String body) {
    return Wire.read(body.getBytes(StandardCharsets.UTF_8));
  }

  private static Identity who(String version) {
    Plugin plugin = version.equals("8.51.23") ? Plugin.NEWEST : Plugin.SINGLE_8;
    return new Identity(
        0,
        DeviceId.of("b30b5035-93ff-47c8-8f4f-7272501a6aa0"),
        plugin,
        Identity.Platform.ANDROID,
        0);
  }

  private static Set<String> members(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<JsonNode> recorded(String version, String path) throws IOException {
    List<JsonNode> bodies = new ArrayList<>();
    try (var in =
        WireTest.class.getResourceAsStream("/plugin-traces/" + version + "-healthy.jsonl")) {
      assertThat(in).isNotNull();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        JsonNode request = JSON.readTree(line);
        if (!request.get("path").asText().equals(path)) continue;
        JsonNode body = request.get("body");
        if (body.isArray()) body.forEach(bodies::add);
        else bodies.add(body);
      }
    }
    return bodies;
  }
}
