package dev.slipway.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A device says what the unmodified plugin of its version was recorded to say, in the same order.
///
/// The plugin works with several threads, whose reports interleave by chance: so the order is held
/// within each of them. The percentages of a download are left out, as their number depends on the
/// size of the zip.
class DeviceTraceTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(strings = {"8.51.23", "7.51.21", "8.40.7", "7.36.1"})
  void confirms_a_healthy_update(String plugin) {
    // Given
    var trace = trace(plugin, "healthy");
    var offer = offer("1.0.1");

    // When
    var said =
        replay(
            plugin,
            new Input.Launched(),
            new Input.Answered(new Answer.Install(offer)),
            new Input.Transferred(offer),
            new Input.BecameReady(),
            new Input.Unpacked(offer),
            new Input.Backgrounded(),
            new Input.BecameReady(),
            new Input.Foregrounded(),
            new Input.Answered(new Answer.Nothing()),
            new Input.Launched(),
            new Input.Answered(new Answer.Nothing()),
            new Input.BecameReady(),
            new Input.Backgrounded());

    // Then
    assertThat(said).isEqualTo(trace);
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.51.23", "7.51.21"})
  void goes_back_from_a_version_that_never_becomes_ready(String plugin) {
    // Given
    var trace = trace(plugin, "never-ready");

    // When
    var said = neverReady(plugin);

    // Then
    assertThat(said).isEqualTo(trace);
  }

  /// In these recordings the timer ran out in the very moment of the user's return, which named the
  /// failed version in one of the three reports and the store's build in another.
  @ParameterizedTest
  @ValueSource(strings = {"8.40.7"})
  void older_plugins_say_that_they_were_reset(String plugin) {
    // Given
    var trace = trace(plugin, "never-ready");

    // When
    var said = neverReady(plugin);

    // Then
    assertThat(said.get("failure"))
        .containsExactly("update_fail 1.0.2 from ''", "reset builtin from '1.0.2'")
        .isEqualTo(
            trace.get("failure").stream()
                .filter(line -> !line.startsWith("download_fail"))
                .toList());
  }

  @ParameterizedTest
  @CsvSource({
    "8.51.23, bad-checksum",
    "7.51.21, bad-checksum",
    "8.40.7, bad-checksum",
    "7.36.1, bad-checksum",
    "8.51.23, missing-file",
    "7.51.21, missing-file",
    "8.40.7, missing-file",
    "7.36.1, missing-file"
  })
  void says_why_a_download_ended(String plugin, String scenario) {
    // Given
    var trace = trace(plugin, scenario);
    boolean missing = scenario.equals("missing-file");
    var offer = offer(missing ? "1.0.3" : "1.0.1");

    // When
    List<Input> inputs = new ArrayList<>();
    inputs.add(new Input.Launched());
    inputs.add(new Input.Answered(new Answer.Install(offer)));
    if (!missing) inputs.add(new Input.Transferred(offer));
    inputs.add(new Input.BecameReady());
    inputs.add(missing ? new Input.TransferFailed(offer) : new Input.ChecksumMismatch(offer));
    inputs.add(new Input.Backgrounded());
    inputs.add(new Input.Launched());
    inputs.add(new Input.Answered(new Answer.Nothing()));
    inputs.add(new Input.BecameReady());
    inputs.add(new Input.Backgrounded());
    var said = replay(plugin, inputs.toArray(Input[]::new));

    // Then
    assertThat(said).isEqualTo(trace);
  }

  private static Map<String, List<String>> neverReady(String plugin) {
    var offer = offer("1.0.2");
    return replay(
        plugin,
        new Input.Launched(),
        new Input.Answered(new Answer.Install(offer)),
        new Input.Transferred(offer),
        new Input.BecameReady(),
        new Input.Unpacked(offer),
        new Input.Backgrounded(),
        new Input.Foregrounded(),
        new Input.Answered(new Answer.Nothing()),
        new Input.ReadyTimeRanOut(),
        new Input.BecameReady(),
        new Input.Launched(),
        new Input.Answered(new Answer.Nothing()),
        new Input.BecameReady(),
        new Input.Backgrounded());
  }

  private static Offer offer(String version) {
    return new Offer(version, URI.create("http://127.0.0.1/" + version), "", "");
  }

  private static Map<String, List<String>> replay(String version, Input... inputs) {
    Plugin plugin =
        List.of(Plugin.NEWEST, Plugin.BATCHING_7, Plugin.SINGLE_8, Plugin.SINGLE_7).stream()
            .filter(known -> known.version().equals(version))
            .findFirst()
            .orElseThrow();
    Map<String, List<String>> lanes = new LinkedHashMap<>();
    Device device = Device.fresh(plugin, "1.0.0");
    for (Input input : inputs) {
      var step = device.on(input);
      device = step.device();
      for (Effect effect : step.effects()) {
        switch (effect) {
          case Effect.Check(var name) -> lane(lanes, "check", "check " + name);
          case Effect.Fetch(_) -> lane(lanes, "worker", "get");
          case Effect.Say(var report) ->
              said(
                  lanes,
                  report.action(),
                  report.versionName(),
                  report.oldVersionName(),
                  report.queued());
          case Effect.LoadPage(_), Effect.StartReadyTimer() -> {}
        }
      }
    }
    return lanes;
  }

  private static Map<String, List<String>> trace(String plugin, String scenario) {
    Map<String, List<String>> lanes = new LinkedHashMap<>();
    String resource = "/plugin-traces/" + plugin + "-" + scenario + ".jsonl";
    try (var in = DeviceTraceTest.class.getResourceAsStream(resource)) {
      assertThat(in).as(resource).isNotNull();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        JsonNode request = JSON.readTree(line);
        JsonNode body = request.get("body");
        if (request.get("method").asText().equals("GET")) {
          lane(lanes, "worker", "get");
        } else if (request.get("path").asText().equals("/updates")) {
          lane(lanes, "check", "check " + body.get("version_name").asText());
        } else {
          List<JsonNode> events = new ArrayList<>();
          if (body.isArray()) body.forEach(events::add);
          else events.add(body);
          for (JsonNode event : events) {
            said(
                lanes,
                event.get("action").asText(),
                event.hasNonNull("version_name") ? event.get("version_name").asText() : null,
                event.get("old_version_name").asText(),
                body.isArray());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lanes;
  }

  private static void said(
      Map<String, List<String>> lanes, String action, String version, String old, boolean queued) {
    if (action.matches("download_\\d+")) return;
    String lane =
        switch (action) {
          case "download_zip_start", "download_zip_complete" -> "worker";
          case "download_complete", "set_next" -> action;
          case "update_fail",
              "delete",
              "reset",
              "checksum_fail",
              "download_fail",
              "finish_download_fail" ->
              "failure";
          default -> "process";
        };
    lane(lanes, lane, "%s %s from '%s'".formatted(action, version, old));
    lane(lanes, queued ? "batched" : "single", action);
    lanes.computeIfPresent("batched", (_, actions) -> sorted(actions));
    lanes.computeIfPresent("single", (_, actions) -> sorted(actions));
  }

  private static List<String> sorted(List<String> actions) {
    return new ArrayList<>(actions.stream().sorted().toList());
  }

  private static void lane(Map<String, List<String>> lanes, String lane, String line) {
    lanes.computeIfAbsent(lane, _ -> new ArrayList<>()).add(line);
  }
}
