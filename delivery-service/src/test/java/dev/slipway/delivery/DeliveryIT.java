package dev.slipway.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Cohort;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicWriter;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The service on real Kafka and S3. Each test has an app of its own.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class DeliveryIT {

  private static final AtomicLong APPS = new AtomicLong();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long SEED = 20261122;

  @TestHTTPResource("/")
  URI base;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Random random = new Random(SEED);
  private final Endpoints stack = Stack.shared();
  private final String app = "com.demo.it" + APPS.incrementAndGet();
  private TopicWriter topics;

  @BeforeEach
  void ready() {
    topics = new TopicWriter(stack);
    await().atMost(PATIENCE).until(() -> get("/q/health/ready").statusCode() == 200);
  }

  @AfterEach
  void close() {
    topics.close();
  }

  @Test
  void offersTheBaselineToEverybodyAndTheCandidateToTheExposed() throws Exception {
    // Given
    var rollout = Samples.rollout("1.1.0", Exposure.of("30 %"), false);
    say(Topics.APPS, app, Samples.app(app));
    say(Topics.BUNDLES, app + "/1.0.1", Samples.bundle(app, "1.0.1"));
    say(Topics.BUNDLES, app + "/1.1.0", Samples.bundle(app, "1.1.0"));
    say(channel(1, "1.0.1", rollout));
    var cohort = Cohort.of(Samples.SALT);
    awaitOffer("1.0.1", deviceWith(cohort, false));

    // When
    var devices = Stream.generate(() -> Samples.device(random)).limit(200).toList();

    // Then
    for (var device : devices) {
      var offer = check(device, "1.0.0");
      var expected = cohort.exposes(device, rollout.exposure()) ? "1.1.0" : "1.0.1";
      assertThat(offer.path("version").asText()).isEqualTo(expected);
      assertThat(offer.has("error")).isFalse();
      assertThat(offer.has("kind")).isFalse();
    }
    var offer = check(deviceWith(cohort, true), "1.0.0");
    var capgo = Samples.bundle(app, "1.1.0").capgo();
    assertThat(offer.path("url").asText())
        .isEqualTo("http://localhost:8080/v1/apps/" + app + "/blobs/" + capgo.id());
    assertThat(offer.path("session_key").asText()).isEqualTo(capgo.sessionKey());
    assertThat(offer.path("sessionKey").asText()).isEqualTo(capgo.sessionKey());
    assertThat(offer.path("checksum").asText()).isEqualTo(capgo.checksum());
  }

  private ChannelState channel(long epoch, String baseline, ChannelState.ActiveRollout rollout) {
    return Samples.channel(
        app,
        "production",
        epoch,
        baseline,
        rollout,
        rollout != null && rollout.paused() ? Set.of(rollout.version().text()) : Set.of(),
        Set.of(),
        ChannelRules.DEFAULT);
  }

  private DeviceId deviceWith(Cohort cohort, boolean exposed) {
    return Stream.generate(() -> Samples.device(random))
        .filter(device -> cohort.exposes(device, Exposure.of("30 %")) == exposed)
        .findFirst()
        .orElseThrow();
  }

  private void awaitOffer(String version, DeviceId device) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(check(device, "1.0.0").path("version").asText()).isEqualTo(version));
  }

  private RecordMetadata say(ChannelState channel) {
    return say(Topics.CHANNEL_STATES, channel.key(), channel);
  }

  private <T> RecordMetadata say(Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Samples.NOW);
    return topics.send(topic.name(), key, message.value(), message.headers());
  }

  private ObjectNode body(DeviceId device, String versionName) {
    return Json.LENIENT
        .createObjectNode()
        .put("platform", "android")
        .put("device_id", device.text())
        .put("app_id", app)
        .put("custom_id", "")
        .put("version_build", "1.0.0")
        .put("version_code", "1")
        .put("version_os", "13")
        .put("version_name", versionName)
        .put("plugin_version", "8.51.23")
        .put("is_emulator", false)
        .put("is_prod", true)
        .put("defaultChannel", "")
        .put("key_id", Samples.KEY_ID);
  }

  private JsonNode check(DeviceId device, String versionName) throws Exception {
    var answer = post("/updates", Json.LENIENT.writeValueAsBytes(body(device, versionName)));
    assertThat(answer.statusCode()).isEqualTo(200);
    return Json.LENIENT.readTree(answer.body());
  }

  private HttpResponse<byte[]> post(String path, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json; charset=utf-8")
            .timeout(PATIENCE)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    if (headers.length > 0) request.headers(headers);
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }
}
