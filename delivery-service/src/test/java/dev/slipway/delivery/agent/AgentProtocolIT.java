package dev.slipway.delivery.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.delivery.Samples;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.TopicWriter;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Slipway's own protocol over HTTP, on real Kafka and S3. Each test has an app of its own.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class AgentProtocolIT {

  private static final AtomicLong APPS = new AtomicLong();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String TOKEN = "enrolment token of the app";
  private static final Digest OLD_LEAF = Samples.digest("leaf");
  private static final Digest NEW_LEAF = Samples.digest("another leaf");

  @TestHTTPResource("/")
  URI base;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Endpoints stack = Stack.shared();
  private final long number = APPS.incrementAndGet();
  private final String app = "com.demo.agent" + number;
  private final Random random = new Random(20261124 + number);
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
  void offersWhatTheChannelMeansWithItsStatement() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 2);
    published("1.1.0", OLD_LEAF, null, 2);
    say(channel("1.0.0", Samples.rollout("1.1.0", Exposure.ALL, false)));
    var device = Samples.device(random);

    // When
    var answer = awaitOffer(check(device, "1.0.0"), "1.1.0");

    // Then
    var manifest = Samples.digest("manifest of " + app + "1.1.0");
    assertThat(answer.at("/offer/manifest_url").asText())
        .isEqualTo("http://localhost:8080/v1/apps/" + app + "/bundles/" + manifest);
    assertThat(answer.at("/offer/blob_base").asText())
        .isEqualTo("http://localhost:8080/v1/apps/" + app + "/blobs/");
    assertThat(answer.at("/offer/offer_token").asText()).startsWith("v1.");
    assertThat(answer.at("/offer/stepping_stone").asBoolean(true)).isFalse();
    assertThat(answer.path("statement").asText()).isEqualTo("the.signed.statement");
    assertThat(answer.path("delegations")).hasSize(1);
    assertThat(answer.path("builtin").asBoolean(true)).isFalse();
    assertThat(Duration.parse(answer.path("poll_after").asText()))
        .isBetween(Duration.ofMinutes(12), Duration.ofMinutes(18));
    // and who runs it, has failed with it, or must not go below its floor, is offered nothing else
    assertThat(answerTo(check(device, "1.1.0")).has("offer")).isFalse();
    assertThat(answerTo(check(device, "1.1.0").put("security_epoch", 3)).has("offer")).isFalse();
    var failed = check(device, "0.9.0");
    failed.putArray("failed").add("1.1.0");
    assertThat(answerTo(failed).at("/offer/version").asText()).isEqualTo("1.0.0");
    var above = check(device, "1.0.0").put("security_epoch", 3);
    assertThat(answerTo(above).has("offer")).isFalse();
  }

  @Test
  void leadsOverTheHandOverThatADeviceMissed() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    published("2.0.0", NEW_LEAF, OLD_LEAF, 0);
    published("3.0.0", NEW_LEAF, null, 0);
    say(channel("3.0.0", null));
    var device = Samples.device(random);

    // When
    var first = awaitOffer(check(device, "1.0.0"), "2.0.0");
    var then = answerTo(check(device, "2.0.0").put("trusted_leaf", NEW_LEAF.text()));
    var stranger =
        post(
            "check",
            check(device, "1.0.0").put("trusted_leaf", Samples.digest("a stranger's").text()));

    // Then
    assertThat(first.at("/offer/stepping_stone").asBoolean()).isTrue();
    assertThat(then.at("/offer/version").asText()).isEqualTo("3.0.0");
    assertThat(then.at("/offer/stepping_stone").asBoolean(true)).isFalse();
    assertThat(stranger.statusCode()).isEqualTo(410);
    assertThat(slug(stranger)).isEqualTo("lineage-ended");
  }

  @Test
  void goesBackToTheStoresBuild() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    say(channel("builtin", null));
    var device = Samples.device(random);

    // When
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(answerTo(check(device, "1.0.0")).path("builtin").asBoolean()).isTrue());
    var store = check(device, "1.0.0");
    store.remove("version");

    // Then
    assertThat(answerTo(store).path("builtin").asBoolean(true)).isFalse();
  }

  @Test
  void aTargetedRolloutReachesWhomItIsMeantFor() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    published("1.1.0", OLD_LEAF, null, 0);
    say(
        channel(
            "1.0.0",
            new ChannelState.ActiveRollout(
                Samples.ROLLOUT,
                Version.of("1.1.0"),
                Samples.SALT,
                Exposure.ALL,
                Exposure.of("10 %"),
                0,
                false,
                Policy.CAUTIOUS,
                List.of(new Condition.AttributeIn("country", Set.of("fr"))),
                null,
                Samples.NOW)));
    var device = Samples.device(random);
    var meant = check(device, "0.9.0");
    meant.putObject("attributes").put("country", "fr");

    // When
    awaitOffer(meant, "1.1.0");

    // Then
    var other = check(device, "0.9.0");
    other.putObject("attributes").put("country", "de");
    assertThat(answerTo(other).at("/offer/version").asText()).isEqualTo("1.0.0");
    assertThat(answerTo(check(device, "0.9.0")).at("/offer/version").asText()).isEqualTo("1.0.0");
  }

  @Test
  void reportsCountByWhatTheyProve() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    published("1.1.0", OLD_LEAF, null, 0);
    say(channel("1.0.0", Samples.rollout("1.1.0", Exposure.ALL, false)));
    var device = Samples.device(random);
    var victim = Samples.device(random);
    var token = awaitOffer(check(device, "1.0.0"), "1.1.0").at("/offer/offer_token").asText();

    try (var events = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name())) {
      // When
      var counted = post("reports", reports(device, "started", "1.1.0").put("offer_token", token));
      var without = post("reports", reports(device, "healthy", "1.1.0"));
      var forAnother =
          post("reports", reports(victim, "rolled_back", "1.1.0").put("offer_token", token));
      var forged =
          post("reports", reports(device, "failed", "1.1.0").put("offer_token", token + "A"));
      var elsewhere =
          post(
              "reports",
              reports(device, "failed", "1.1.0")
                  .put("offer_token", "v1.own.e30." + "A".repeat(43)));

      // Then
      assertThat(List.of(counted.statusCode(), without.statusCode(), forAnother.statusCode()))
          .containsOnly(202);
      assertThat(forged.statusCode()).isEqualTo(401);
      assertThat(slug(forged)).isEqualTo("offer-invalid");
      assertThat(elsewhere.statusCode()).isEqualTo(401);
      events.until(all -> reported(all).size() >= 3);
      assertThat(reported(events.toEnd()))
          .hasSize(3)
          .anySatisfy(
              it -> {
                assertThat(it.action()).isEqualTo("started");
                assertThat(it.counts()).isTrue();
                assertThat(it.deviceId()).isEqualTo(device);
                assertThat(it.stamp().arm()).isEqualTo(Arm.EXPOSED);
                assertThat(it.stamp().candidate()).isEqualTo(Version.of("1.1.0"));
                assertThat(it.network()).isNotBlank();
              })
          .anySatisfy(
              it -> {
                assertThat(it.action()).isEqualTo("healthy");
                assertThat(it.counts()).isFalse();
              })
          .anySatisfy(
              it -> {
                assertThat(it.action()).isEqualTo("rolled_back");
                assertThat(it.deviceId())
                    .as("the token's device, not the body's")
                    .isEqualTo(device);
              });
    }
  }

  @Test
  void anEnrolledDeviceIsKnownByItsSignature() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    say(channel("1.0.0", null));
    var signer = new EnrolmentsTest.SigningDevice(number);
    var body = Json.LENIENT.valueToTree(signer.enrols(AppId.of(app), TOKEN));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(post("devices", body).statusCode()).isEqualTo(201));
    var enrolment = Json.LENIENT.readTree(post("devices", body).body());
    var refused =
        post("devices", Json.LENIENT.valueToTree(signer.enrols(AppId.of(app), "a guess")));
    var reports = reports(Samples.device(random), "healthy", "1.0.0");
    byte[] bytes = Json.LENIENT.writeValueAsBytes(reports);
    var path = "/v1/apps/" + app + "/reports";
    var signed =
        signer.signs(enrolment.path("enrolment").asText(), "POST", path, bytes, Instant.now());

    try (var events = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name())) {
      // When
      var good = signedPost(path, bytes, signed);
      var broken =
          signedPost(
              path,
              (new String(bytes, StandardCharsets.UTF_8) + " ").getBytes(StandardCharsets.UTF_8),
              signed);

      // Then
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(slug(refused)).isEqualTo("enrolment-refused");
      assertThat(good.statusCode()).isEqualTo(202);
      assertThat(broken.statusCode()).isEqualTo(401);
      assertThat(slug(broken)).isEqualTo("signature-invalid");
      events.until(all -> !reported(all).isEmpty());
      assertThat(reported(events.toEnd())).hasSize(1);
      var event = reported(events.toEnd()).getFirst();
      assertThat(event.deviceId().text()).isEqualTo(enrolment.path("device_id").asText());
      assertThat(event.enrolledAt()).isNotNull();
      assertThat(event.counts()).isTrue();
    }
  }

  @Test
  void saysWhatIsWrongWithARequest() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    say(channel("1.0.0", null));
    var device = Samples.device(random);
    awaitOffer(check(device, "0.9.0"), "1.0.0");

    // Then
    assertProblem(raw("check", "{"), 400, "json-invalid");
    assertProblem(raw("check", "{}"), 422, "value-invalid");
    assertProblem(raw("check", "x".repeat(33 << 10)), 413, "body-too-large");
    assertProblem(
        post("check", check(device, "1.0.0").put("security_epoch", -1)), 422, "value-invalid");
    assertProblem(
        post("check", check(device, "1.0.0").put("channel", "none such")), 404, "no-channel");
    var many = reports(device, "started", "1.0.0");
    for (int i = 0; i < 50; i++) many.withArray("events").add(many.at("/events/0"));
    assertProblem(post("reports", many), 422, "value-invalid");
    var long_ = reports(device, "started", "1.0.0");
    ((ObjectNode) long_.at("/events/0")).put("reason", "x".repeat(1025));
    assertProblem(post("reports", long_), 422, "value-invalid");
    assertProblem(
        http.send(
            HttpRequest.newBuilder(base.resolve("/v1/apps/com.demo.unknown" + number + "/check"))
                .POST(BodyPublishers.ofString(check(device, "1.0.0").toString()))
                .build(),
            BodyHandlers.ofByteArray()),
        404,
        "not-found");
    var ofTomorrow =
        http.send(
            HttpRequest.newBuilder(base.resolve("/v2/apps/" + app + "/check"))
                .POST(BodyPublishers.ofString(check(device, "1.0.0").toString()))
                .build(),
            BodyHandlers.ofByteArray());
    assertProblem(ofTomorrow, 426, "protocol-unsupported");
    assertThat(ofTomorrow.headers().firstValue("Upgrade")).hasValue("slipway/1");
  }

  @Test
  void aReleaseHasAnAddressThatNeverChanges() throws Exception {
    // Given
    registered();
    published("1.0.0", OLD_LEAF, null, 0);
    say(channel("1.0.0", null));
    store("releases/" + app + "/1.0.0/manifest.jws.json", "{\"payload\":\"\"}");
    store("releases/" + app + "/1.0.0/certificate.pem", "-----BEGIN CERTIFICATE-----\n");
    var folder = "/v1/apps/" + app + "/releases/1.0.0/";
    awaitOffer(check(Samples.device(random), "0.9.0"), "1.0.0");

    // When
    var manifest = get(folder + "manifest.jws.json");

    // Then
    assertThat(manifest.statusCode()).isEqualTo(200);
    assertThat(manifest.body()).isEqualTo("{\"payload\":\"\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(manifest.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(manifest.headers().firstValue("cache-control").orElse("")).contains("immutable");
    assertThat(get(folder + "certificate.pem").statusCode()).isEqualTo(200);
    assertThat(get(folder + "secrets.txt").statusCode()).isEqualTo(404);
    assertThat(get("/v1/apps/" + app + "/releases/9.9.9/manifest.jws.json").statusCode())
        .isEqualTo(404);
    say(
        Topics.BUNDLES,
        app + "/1.0.0",
        Samples.bundle(app, "1.0.0", 2, BundleState.Status.WITHDRAWN, Samples.capgo(app, "k")));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertProblem(get(folder + "manifest.jws.json"), 410, "version-withdrawn"));
  }

  @Test
  void describesTheBaselineForApplicationsOnAir() throws Exception {
    // Given
    registered();
    var air =
        new BundleState.Air(
            "2.5", "One", Map.of("fr", "Marées"), Samples.digest("package of " + app));
    say(
        Topics.BUNDLES,
        app + "/1.0.657",
        new BundleState(
            AppId.of(app),
            Version.of("1.0.657"),
            1,
            BundleState.Status.PUBLISHED,
            BundleState.Format.AIR,
            Samples.digest("package of " + app),
            1,
            3000,
            0,
            OLD_LEAF,
            null,
            BundleState.Compat.ANY,
            null,
            air,
            null,
            false,
            Samples.NOW));
    say(channel("1.0.657", null));
    var address = "/v1/apps/" + app + "/channels/production/air/update.xml";

    // When
    await().atMost(PATIENCE).until(() -> get(address).statusCode() == 200);
    var today = new String(get(address).body(), StandardCharsets.UTF_8);
    var old = new String(get(address + "?namespace=1.0").body(), StandardCharsets.UTF_8);

    // Then
    assertThat(today)
        .contains("/blobs/" + Samples.digest("package of " + app))
        .contains("description/2.5\"", "<versionNumber>1.0.657</versionNumber>", "xml:lang=\"fr\"");
    assertThat(old).contains("description/1.0\"", "<version>1.0.657</version>");
    assertThat(get("/v1/apps/" + app + "/releases/1.0.657/update.xml").body())
        .isEqualTo(get(address).body());
    assertProblem(get(address + "?namespace=3"), 422, "value-invalid");
    assertThat(get(address.replace("production", "none")).statusCode()).isEqualTo(404);
  }

  private void registered() {
    say(
        Topics.APPS,
        app,
        new AppState(
            AppId.of(app),
            1,
            "Demo",
            "publisher",
            OLD_LEAF,
            List.of("fleet-1"),
            List.of(),
            AppPolicy.DEFAULT,
            null,
            Digest.sha256(TOKEN.getBytes(StandardCharsets.UTF_8)),
            Samples.NOW,
            null));
  }

  private void published(String version, Digest leaf, Digest from, long epoch) {
    say(
        Topics.BUNDLES,
        app + "/" + version,
        new BundleState(
            AppId.of(app),
            Version.of(version),
            1,
            BundleState.Status.PUBLISHED,
            BundleState.Format.SLIPWAY_BUNDLE_1,
            Samples.digest("manifest of " + app + version),
            3,
            3000,
            epoch,
            leaf,
            from,
            new BundleState.Compat(Set.of(Platform.ANDROID), "1.0.0"),
            null,
            null,
            null,
            false,
            Samples.NOW));
  }

  private ChannelState channel(String baseline, ChannelState.ActiveRollout rollout) {
    return new ChannelState(
        AppId.of(app),
        ChannelName.of("production"),
        1,
        Version.of(baseline),
        null,
        rollout,
        Set.of(),
        Set.of(),
        ChannelRules.DEFAULT,
        null,
        new ChannelState.Statement(
            "the.signed.statement", List.of("a.signed.delegation"), 7, Samples.NOW),
        Samples.NOW);
  }

  private void say(ChannelState channel) {
    say(Topics.CHANNEL_STATES, channel.key(), channel);
  }

  private <T> void say(Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Samples.NOW);
    topics.send(topic.name(), key, message.value(), message.headers());
  }

  private ObjectNode check(DeviceId device, String version) {
    return Json.LENIENT
        .createObjectNode()
        .put("device_id", device.text())
        .put("platform", "android")
        .put("native_version", "1.0.0")
        .put("os_version", "13")
        .put("version", version)
        .put("security_epoch", 0)
        .put("trusted_leaf", OLD_LEAF.text());
  }

  private ObjectNode reports(DeviceId device, String event, String version) {
    var reports =
        Json.LENIENT
            .createObjectNode()
            .put("device_id", device.text())
            .put("platform", "android")
            .put("native_version", "1.0.0")
            .put("os_version", "13");
    reports
        .putArray("events")
        .addObject()
        .put("event", event)
        .put("version", version)
        .put("seq", 1)
        .put("at", "2026-11-24T10:00:00Z");
    return reports;
  }

  private JsonNode answerTo(ObjectNode check) throws Exception {
    var answer = post("check", check);
    assertThat(answer.statusCode()).isEqualTo(200);
    return Json.LENIENT.readTree(answer.body());
  }

  private JsonNode awaitOffer(ObjectNode check, String version) throws Exception {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(
                        Json.LENIENT
                            .readTree(post("check", check).body())
                            .at("/offer/version")
                            .asText())
                    .isEqualTo(version));
    return answerTo(check);
  }

  private List<DeviceEvent.Reported> reported(List<ConsumerRecord<String, byte[]>> records) {
    return records.stream()
        .filter(record -> record.key().startsWith(app + "/"))
        .map(record -> Message.read(Topics.DEVICE_EVENTS, record.value()))
        .filter(DeviceEvent.Reported.class::isInstance)
        .map(DeviceEvent.Reported.class::cast)
        .toList();
  }

  private void store(String key, String content) throws Exception {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    try (var s3 =
        MinioClient.builder()
            .endpoint(stack.s3().toString())
            .credentials(stack.s3AccessKey(), stack.s3SecretKey())
            .region("us-east-1")
            .build()) {
      s3.putObject(
          PutObjectArgs.builder().bucket(stack.s3Bucket()).object(key).stream(
                  new ByteArrayInputStream(bytes), bytes.length, -1)
              .build());
    }
  }

  private static void assertProblem(HttpResponse<byte[]> answer, int status, String slug)
      throws Exception {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(slug(answer)).isEqualTo(slug);
  }

  private static String slug(HttpResponse<byte[]> answer) throws Exception {
    var type = Json.LENIENT.readTree(answer.body()).path("type").asText();
    return type.substring(type.lastIndexOf('/') + 1);
  }

  private HttpResponse<byte[]> post(String endpoint, JsonNode body) throws Exception {
    return raw(endpoint, body.toString());
  }

  private HttpResponse<byte[]> raw(String endpoint, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve("/v1/apps/" + app + "/" + endpoint))
            .header("Content-Type", "application/json")
            .timeout(PATIENCE)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> signedPost(
      String path, byte[] body, RequestSignature.Headers headers) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Slipway-Enrolment", headers.enrolment())
            .header("Content-Digest", headers.digest())
            .header("Signature-Input", headers.input())
            .header("Signature", headers.signature())
            .timeout(PATIENCE)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).build(),
        BodyHandlers.ofByteArray());
  }
}
