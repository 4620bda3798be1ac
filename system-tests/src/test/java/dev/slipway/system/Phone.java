package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// One device with the stock plugin, moved by hand: it says what a test tells it to say.
record Phone(URI delivery, AppId app, String id) {

  static final String NATIVE = "1.0.0";

  /// Opens the encrypted zip, and sends no id of its key.
  private static final String PLUGIN = "7.36.1";

  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /// So many new devices.
  static List<Phone> some(int count, URI delivery, AppId app, RandomGenerator random) {
    List<Phone> phones = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      phones.add(
          new Phone(delivery, app, new UUID(random.nextLong(), random.nextLong()).toString()));
    }
    return phones;
  }

  /// Asks for an update while this version runs.
  JsonNode check(String running) throws IOException, InterruptedException {
    HttpResponse<String> answer = post("/updates", info(running));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.LENIENT.readTree(answer.body());
  }

  /// Whether a check is answered with the offer of this version.
  boolean isOffered(String version, String running) throws IOException, InterruptedException {
    JsonNode answer = check(running);
    return answer.hasNonNull("url") && version.equals(answer.path("version").asText());
  }

  /// Switches to a version.
  void set(String version, String before) throws IOException, InterruptedException {
    report("set", version, before);
  }

  /// Says one thing about a version.
  void report(String action, String version, String before)
      throws IOException, InterruptedException {
    ObjectNode body = info(version);
    body.put("action", action);
    body.put("old_version_name", before);
    HttpResponse<String> answer = post("/stats", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /// An update check as it goes over the line, for a connection that is not used again.
  byte[] checkRequest(String running) {
    byte[] body = info(running).toString().getBytes(StandardCharsets.UTF_8);
    var head =
        "POST /updates HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                .formatted(delivery.getAuthority())
            + "Connection: close\r\nContent-Length: %d\r\n\r\n".formatted(body.length);
    byte[] request =
        Arrays.copyOf(head.getBytes(StandardCharsets.US_ASCII), head.length() + body.length);
    System.arraycopy(body, 0, request, head.length(), body.length);
    return request;
  }

  /// Says the same many times in one call, each time as of another moment.
  void reportBatch(String action, String version, int from, int count)
      throws IOException, InterruptedException {
    var batch = Json.LENIENT.createArrayNode();
    for (int i = from; i < from + count; i++) {
      batch.add(
          info(version)
              .put("action", action)
              .put("old_version_name", "")
              .put("timestamp", 1_795_000_000_000L + i));
    }
    HttpResponse<String> answer = post("/stats", batch);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /// Fetches what was offered.
  HttpResponse<byte[]> download(JsonNode offer) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(offer.path("url").asText())).GET().build();
    return HTTP.send(request, BodyHandlers.ofByteArray());
  }

  private HttpResponse<String> post(String path, JsonNode body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(delivery.resolve(path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private ObjectNode info(String running) {
    return Json.LENIENT
        .createObjectNode()
        .put("platform", "android")
        .put("device_id", id)
        .put("app_id", app.text())
        .put("custom_id", "")
        .put("version_build", NATIVE)
        .put("version_code", "1")
        .put("version_os", "13")
        .put("version_name", running)
        .put("plugin_version", PLUGIN)
        .put("is_emulator", false)
        .put("is_prod", true)
        .put("defaultChannel", "");
  }
}
