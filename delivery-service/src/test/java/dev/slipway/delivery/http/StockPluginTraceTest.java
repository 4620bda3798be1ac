package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Capgo.Scheme;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What unmodified plugins were recorded to send, in its order, and what they are answered. They
/// were recorded on a server that offered a failed version again and again; this one does not.
class StockPluginTraceTest {

  private static final String APP = "com.demo.app";
  private static final List<String> VERSIONS =
      List.of("7.27.8", "7.36.1", "7.51.21", "8.40.7", "8.51.23");
  private static final List<String> SCENARIOS =
      List.of("healthy", "never-ready", "bad-checksum", "missing-file");

  private RoutesOnImage routes;

  @BeforeEach
  void start() throws Exception {
    routes = new RoutesOnImage(1000);
  }

  @AfterEach
  void stop() throws Exception {
    routes.close();
  }

  static Stream<String> traces() {
    return VERSIONS.stream()
        .flatMap(version -> SCENARIOS.stream().map(scenario -> version + "-" + scenario));
  }

  @ParameterizedTest
  @MethodSource("traces")
  void isAnsweredSoThatItGetsOnAndNotAroundInCircles(String trace) throws Exception {
    // Given
    var lines = read(trace);
    var target = target(lines);
    routes.image = Optional.of(image(target));
    boolean failed = false;
    int reports = 0;
    int offers = 0;

    for (var line : lines) {
      var body = line.path("body");
      switch (line.path("path").asText()) {
        case "/updates" -> {
          // When it asks
          var answer = json("/updates", body);

          // Then
          if (body.path("version_name").asText().equals(target)) {
            assertThat(answer.path("error").asText()).isEqualTo("no_new_version_available");
            assertThat(answer.path("kind").asText()).isEqualTo("up_to_date");
          } else if (failed) {
            assertThat(answer.path("error").asText()).isEqualTo("version_failed_on_device");
            assertThat(answer.path("kind").asText()).isEqualTo("blocked");
            assertThat(answer.path("version").asText()).isEqualTo(target);
          } else {
            assertThat(answer.path("version").asText()).as("%s", answer).isEqualTo(target);
            assertThat(answer.has("error") || answer.has("kind")).isFalse();
            assertThat(URI.create(answer.path("url").asText()).isAbsolute()).isTrue();
            offers++;
          }
        }
        case "/stats" -> {
          // When it reports
          var answer = json("/stats", body);

          // Then it is not to send it again
          assertThat(answer.path("status").asText()).isEqualTo("ok");
          for (var event : body.isArray() ? body : Json.LENIENT.createArrayNode().add(body)) {
            reports++;
            failed |=
                List.of("update_fail", "finish_download_fail")
                        .contains(event.path("action").asText())
                    && event.path("version_name").asText().equals(target);
          }
          assertThat(routes.ring.size()).isEqualTo(reports);
        }
        default -> {}
      }
    }
    // A file that is not there is tried again with each check; what was tried in vain is not.
    assertThat(offers).isEqualTo(trace.endsWith("missing-file") ? 2 : 1);
    assertThat(failed).isEqualTo(trace.endsWith("never-ready") || trace.endsWith("bad-checksum"));
  }

  @ParameterizedTest
  @MethodSource("traces")
  void takesReportsLateTwiceAndInAnyOrder(String trace) throws Exception {
    // Given
    var lines = read(trace);
    routes.image = Optional.of(image(target(lines)));
    var reports =
        lines.stream().filter(line -> line.path("path").asText().equals("/stats")).toList();
    var batch = Json.LENIENT.createArrayNode();
    for (var line : reports.reversed()) {
      if (line.path("body") instanceof ArrayNode many) batch.addAll(many);
      else batch.add(line.path("body"));
    }

    for (int time = 0; time < 2; time++) {
      // When
      var answer = json("/stats", batch);

      // Then
      assertThat(answer.path("results").findValuesAsText("status"))
          .hasSize(batch.size())
          .containsOnly("ok");
    }
    assertThat(routes.ring.size()).isEqualTo(2 * batch.size());
  }

  private JsonNode json(String path, JsonNode body) throws Exception {
    var answer = routes.send("POST", path, Json.LENIENT.writeValueAsBytes(body));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.LENIENT.readTree(answer.body());
  }

  private static List<JsonNode> read(String trace) throws IOException {
    try (var in =
        StockPluginTraceTest.class.getResourceAsStream("/plugin-traces/" + trace + ".jsonl")) {
      var lines = new ArrayList<JsonNode>();
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (var line : text.lines().toList()) lines.add(Json.LENIENT.readTree(line));
      return lines;
    }
  }

  /// The version that the recording's server offered.
  private static String target(List<JsonNode> lines) {
    return lines.stream()
        .map(line -> line.path("body"))
        .filter(body -> body.path("action").asText().equals("download_zip_start"))
        .map(body -> body.path("version_name").asText())
        .findFirst()
        .orElseThrow();
  }

  private static DeliveryImage image(String target) {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.openApp(APP));
    var zip =
        new BundleState.Capgo(
            Scheme.PLAIN, Samples.digest(target), 1000, "", "c0ffee".repeat(10), null, null);
    delta.replay(Samples.bundle(APP, target, zip, BundleState.Compat.ANY, null));
    delta.replay(Samples.channel(APP, "production", 1, target));
    return delta.apply();
  }
}
