package dev.slipway.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.http.Problem;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Cohort;
import dev.slipway.decisions.DeviceSketch;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.protocol.Report;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.Networks;
import dev.slipway.delivery.report.ReportRing;
import dev.slipway.delivery.report.ReportSender;
import dev.slipway.delivery.report.Stamper;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.TopicProfile;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.TopicWriter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
  private final Endpoints stack = Stack.shared();
  private final long number = APPS.incrementAndGet();
  private final String app = "com.demo.it" + number;

  // Devices of its own too: what one has been offered is remembered.
  private final Random random = new Random(SEED + number);
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

  @Test
  void widensPausesAndRollsBackAtTheNextCheck() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    say(Topics.BUNDLES, app + "/1.0.1", Samples.bundle(app, "1.0.1"));
    say(Topics.BUNDLES, app + "/1.1.0", Samples.bundle(app, "1.1.0"));
    say(channel(1, "1.0.1", Samples.rollout("1.1.0", Exposure.of("30 %"), false)));
    var cohort = Cohort.of(Samples.SALT);
    var exposed = deviceWith(cohort, true);
    var later = deviceWith(cohort, false);
    awaitOffer("1.1.0", exposed);
    awaitOffer("1.0.1", later);

    // When everybody is exposed
    say(channel(2, "1.0.1", Samples.rollout("1.1.0", Exposure.ALL, false)));
    // Then
    awaitOffer("1.1.0", later);

    // When it is paused
    say(channel(3, "1.0.1", Samples.rollout("1.1.0", Exposure.ALL, true)));
    // Then nobody new gets it, and those who have it keep it
    awaitOffer("1.0.1", later);
    assertThat(check(exposed, "1.1.0").path("error").asText())
        .isEqualTo("no_new_version_available");

    // When a state comes that is older than the one known
    say(channel(2, "1.0.1", Samples.rollout("1.1.0", Exposure.ALL, false)));
    // and it is rolled back
    say(
        Samples.channel(
            app, "production", 4, "1.0.1", null, Set.of(), Set.of("1.1.0"), ChannelRules.DEFAULT));
    // Then
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(check(exposed, "1.1.0").path("version").asText()).isEqualTo("1.0.1"));

    // When the baseline is what the store delivered
    say(channel(5, "builtin", null));
    // Then
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(check(exposed, "1.1.0"))
                    .isEqualTo(Json.LENIENT.readTree("{\"version\":\"builtin\"}")));
    assertThat(check(exposed, "builtin").path("error").asText()).isEqualTo("already_on_builtin");
  }

  @Test
  void whatStillWaitsIsSentWhenAnInstanceEnds() throws Exception {
    // Given
    var ring = new ReportRing(1_000, 1 << 20);
    var meters = new SimpleMeterRegistry();
    var sender = sender(stack.kafka(), ring, meters);
    for (int i = 0; i < 1_000; i++) assertThat(ring.offer(offered())).isTrue();

    try (var events = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name())) {
      // When
      sender.start();
      sender.close();

      // Then
      assertThat(ring.size()).isZero();
      assertThat(ofApp(events.toEnd())).hasSize(1_000);
      assertThat(meters.counter("slipway.reports", "outcome", "sent").count()).isEqualTo(1_000);
    }
  }

  @Test
  void withoutKafkaFromTheFirstReportOnNobodyWaitsAndWhatIsLostIsCounted() throws Exception {
    // Given
    var ring = new ReportRing(100, 1 << 20);
    var meters = new SimpleMeterRegistry();
    var sender = sender("127.0.0.1:1", ring, meters);
    sender.start();

    // When
    int refused = 0;
    long start = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      if (!ring.offer(offered())) refused++;
    }
    var took = Duration.ofNanos(System.nanoTime() - start);

    // Then
    // Waiting for Kafka once with each would take half an hour; a busy machine takes a second.
    assertThat(took).isLessThan(Duration.ofSeconds(5));
    assertThat(refused).isBetween(9_870, 9_900);
    assertThat(ring.size()).isBetween(90, 100);
    assertThat(sender.isAlive()).isTrue();
    sender.close();
    assertThat(meters.counter("slipway.reports", "outcome", "dropped").count())
        .isEqualTo(10_000 - refused);
    assertThat(meters.counter("slipway.reports", "outcome", "sent").count()).isZero();
  }

  /// Another instance knew the plan already and offered the candidate; the device reports to this
  /// one, which still serves the plan before, with another rollout.
  @Test
  void aReportThatOvertookItsPlanCountsForTheRolloutThatItIsAbout() throws Exception {
    // Given
    var devices = new Devices(1);
    var old = served(devices, 1, Samples.rollout("1.1.0", Exposure.ALL, false));
    var next =
        new ChannelState.ActiveRollout(
            RolloutId.of("11111111-3a51-4f0c-9c7a-1f3d3b1f2a10"),
            Version.of("1.2.0"),
            Samples.SALT,
            Exposure.ALL,
            Exposure.of("0 %"),
            0,
            false,
            Policy.CAUTIOUS,
            Samples.NOW);
    var live = new AtomicReference<>(old);
    var ring = new ReportRing(100, 1 << 20);
    var device = Samples.device(random);

    try (var events = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name());
        var sender =
            sender(stack.kafka(), ring, new SimpleMeterRegistry(), () -> Optional.of(live.get()))) {
      sender.start();
      assertThat(ring.offer(reported(device, "set", "1.2.0", old))).isTrue();
      assertThat(ring.offer(reported(device, "app_crash", "1.1.0", old))).isTrue();
      events.until(records -> ofApp(records).size() == 1);

      // When
      live.set(served(devices, 2, next));

      // Then
      var told = ofApp(events.until(records -> ofApp(records).size() == 2));
      assertThat(told)
          .extracting(event -> ((DeviceEvent.Reported) event).action())
          .containsExactly("app_crash", "set");
      assertThat(told)
          .extracting(event -> ((DeviceEvent.Reported) event).stamp().rolloutId())
          .containsExactly(Samples.ROLLOUT, next.rolloutId());
    }
  }

  private Served served(Devices devices, long epoch, ChannelState.ActiveRollout rollout) {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(app));
    for (var version : List.of("1.0.1", "1.1.0", "1.2.0")) {
      delta.replay(Samples.bundle(app, version));
    }
    delta.replay(channel(epoch, "1.0.1", rollout));
    return new Served(delta.apply(), devices, true);
  }

  private Arrival.Reported reported(DeviceId device, String action, String version, Served at) {
    var facts = Samples.facts("8.51.23", Samples.KEY_ID);
    return new Arrival.Reported(
        new Report(AppId.of(app), device, facts, action, version, null, null),
        new byte[] {127, 0},
        Instant.now(),
        at);
  }

  private static ReportSender sender(String kafka, ReportRing ring, MeterRegistry meters) {
    var nothing = Optional.of(new Served(DeliveryImage.EMPTY, new Devices(1), true));
    return sender(kafka, ring, meters, () -> nothing);
  }

  private static ReportSender sender(
      String kafka, ReportRing ring, MeterRegistry meters, Supplier<Optional<Served>> live) {
    return new ReportSender(
        ring,
        new Stamper(new Networks(Optional.empty())),
        live,
        new KafkaClients(kafka, "test")
            .producer(
                "reports", Duration.ofMillis(5), Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 200L)),
        new DeliveryMetrics(meters),
        Clock.systemUTC());
  }

  private Arrival.Offered offered() {
    return new Arrival.Offered(
        new DeviceEvent.Offered(
            AppId.of(app),
            ChannelName.of("production"),
            Samples.device(random),
            Platform.ANDROID,
            Version.of("1.1.0"),
            new Stamp(Samples.ROLLOUT, Arm.EXPOSED, 0, 7, Version.of("1.1.0")),
            Instant.now()));
  }

  @Test
  void tellsOfOffersAndReportsWithTheirStamp() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    say(Topics.BUNDLES, app + "/1.0.1", Samples.bundle(app, "1.0.1"));
    say(Topics.BUNDLES, app + "/1.1.0", Samples.bundle(app, "1.1.0"));
    say(channel(7, "1.0.1", Samples.rollout("1.1.0", Exposure.of("30 %"), false)));
    var cohort = Cohort.of(Samples.SALT);
    var exposed = deviceWith(cohort, true);
    var control = deviceWith(cohort, false);
    awaitOffer("1.0.1", control);

    try (var events = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name())) {
      // When
      for (int i = 0; i < 5; i++) check(exposed, "1.0.1");
      check(control, "1.0.0");
      var single = body(exposed, "1.1.0").put("action", "set").put("timestamp", 1795357207222L);
      var batch =
          Json.LENIENT
              .createArrayNode()
              .add(body(control, "1.1.0").put("action", "update_fail"))
              .add(7)
              .add(body(control, "1.0.1:index.html").put("action", "download_1410"))
              .add(body(exposed, "1.1.0").put("action", "set").put("is_emulator", true));
      var one = post("/stats", Json.LENIENT.writeValueAsBytes(single));
      var many = post("/stats", Json.LENIENT.writeValueAsBytes(batch));

      // Then
      assertThat(one.statusCode()).isEqualTo(200);
      assertThat(Json.LENIENT.readTree(one.body()))
          .isEqualTo(Json.LENIENT.readTree("{\"status\":\"ok\"}"));
      assertThat(many.statusCode()).isEqualTo(200);
      var results = Json.LENIENT.readTree(many.body()).path("results");
      assertThat(results.findValuesAsText("status")).containsExactly("ok", "error", "ok", "ok");
      var mine = events.until(all -> ofApp(all).size() == 5);
      assertThat(ofApp(events.toEnd())).hasSize(5);

      var offers = instances(mine, DeviceEvent.Offered.class);
      assertThat(offers).hasSize(1);
      assertThat(offers.getFirst().deviceId()).isEqualTo(exposed);
      assertThat(offers.getFirst().version().text()).isEqualTo("1.1.0");
      assertThat(offers.getFirst().stamp())
          .isEqualTo(new Stamp(Samples.ROLLOUT, Arm.EXPOSED, 0, 7, Version.of("1.1.0")));
      var reports = instances(mine, DeviceEvent.Reported.class);
      var set = only(reports, r -> r.action().equals("set") && r.counts());
      assertThat(set.stamp())
          .isEqualTo(new Stamp(Samples.ROLLOUT, Arm.EXPOSED, 0, 7, Version.of("1.1.0")));
      assertThat(set.deviceTime()).isEqualTo(Instant.ofEpochMilli(1795357207222L));
      assertThat(set.channel().text()).isEqualTo("production");
      assertThat(set.network()).isNotEmpty().doesNotContain("127");
      assertThat(only(reports, r -> r.action().equals("set") && !r.counts()).stamp()).isNotNull();
      var fail = only(reports, r -> r.action().equals("update_fail"));
      assertThat(fail.stamp())
          .isEqualTo(new Stamp(Samples.ROLLOUT, Arm.CONTROL, 0, 7, Version.of("1.1.0")));
      assertThat(fail.network()).isEqualTo(set.network());
      var odd = only(reports, r -> r.action().equals("download_1410"));
      assertThat(odd.versionName()).isEqualTo("1.0.1:index.html");
      // Control's health is compared, whatever it runs.
      assertThat(odd.stamp()).isEqualTo(fail.stamp());
      for (var record : mine) {
        if (!record.key().startsWith(app + "/")) continue;
        assertThat(
                new String(
                    record.headers().lastHeader(Message.TYPE).value(), StandardCharsets.UTF_8))
            .startsWith("dev.slipway.");
      }
    }
  }

  @Test
  void keepsTheLastGoodStateAndWithholdsItsAcknowledgement() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    say(Topics.BUNDLES, app + "/1.0.1", Samples.bundle(app, "1.0.1"));
    say(Topics.BUNDLES, app + "/1.1.0", Samples.bundle(app, "1.1.0"));
    var device = Samples.device(random);
    try (var acks = TopicReader.fromNow(stack, Topics.EDGE_ACKS.name())) {
      var good = say(channel(1, "1.0.1", null));
      acks.until(all -> acknowledged(all, good.partition()) > good.offset());
      awaitOffer("1.0.1", device);

      // When
      var key = app + "/production";
      var poison =
          topics.send(
              Topics.CHANNEL_STATES.name(),
              key,
              "{\"epoch\":2,\"baseline\":[".getBytes(StandardCharsets.UTF_8),
              Map.of(Message.REVISION, "2"));

      // Then the others go on, and nobody is told that this one is served
      var bystander = channel(1, "1.1.0", null, samePartition(poison.partition()));
      say(bystander);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          check(device, "1.0.0", bystander.channel().text())
                              .path("version")
                              .asText())
                      .isEqualTo("1.1.0"));
      int heard = acks.toEnd().size();
      var later = acks.until(all -> all.size() >= heard + 2);
      assertThat(acknowledged(later, poison.partition())).isEqualTo(poison.offset());
      assertThat(check(device, "1.0.0", "production").path("version").asText()).isEqualTo("1.0.1");
      assertThat(get("/q/health/ready").statusCode()).isEqualTo(200);

      // When the state is said again
      var better = say(channel(3, "1.1.0", null));

      // Then
      acks.until(all -> acknowledged(all, better.partition()) > better.offset());
      assertThat(check(device, "1.0.0", "production").path("version").asText()).isEqualTo("1.1.0");
    }
  }

  @Test
  void aWebViewMayAskFromItsOwnOrigin() throws Exception {
    // When
    var before =
        http.send(
            HttpRequest.newBuilder(base.resolve("/updates"))
                .timeout(PATIENCE)
                .header("Origin", "capacitor://localhost")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type")
                .method("OPTIONS", BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofByteArray());
    var asked = get("/updates", "Origin", "capacitor://localhost");

    // Then
    assertThat(before.statusCode()).isEqualTo(200);
    assertThat(before.headers().firstValue("access-control-allow-methods").orElse(""))
        .contains("POST");
    assertThat(before.headers().firstValue("access-control-allow-headers").orElse(""))
        .contains("content-type");
    for (var answer : List.of(before, asked)) {
      assertThat(answer.headers().firstValue("access-control-allow-origin"))
          .hasValue("capacitor://localhost");
    }
    assertThat(get("/updates").headers().firstValue("access-control-allow-origin")).isEmpty();
  }

  @Test
  void servesAnObjectWholeAndInParts() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    var content = new byte[300_000];
    random.nextBytes(content);
    var id = Digest.sha256(content);
    store("apps/" + app + "/blobs/" + id, content);
    var path = "/v1/apps/" + app + "/blobs/" + id;
    await().atMost(PATIENCE).until(() -> get(path).statusCode() == 200);

    // When
    var whole = get(path);
    var head = head(path);
    var resumed = get(path, "Range", "bytes=200000-");
    var middle = get(path, "Range", "bytes=10-19", "If-Range", "\"" + id + "\"");
    var other = get(path, "Range", "bytes=10-19", "If-Range", "\"other\"");
    var beyond = get(path, "Range", "bytes=300000-");
    var several = get(path, "Range", "bytes=0-1,5-6");
    var known = get(path, "If-None-Match", "\"" + id + "\"");

    // Then
    assertThat(whole.body()).isEqualTo(content);
    assertThat(whole.headers().firstValue("ETag")).contains("\"" + id + "\"");
    assertThat(whole.headers().firstValue("Cache-Control"))
        .contains("public, max-age=31536000, immutable");
    assertThat(whole.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    assertThat(whole.headers().firstValueAsLong("Content-Length")).hasValue(300_000);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(300_000);
    assertThat(resumed.statusCode()).isEqualTo(206);
    assertThat(resumed.headers().firstValue("Content-Range"))
        .contains("bytes 200000-299999/300000");
    assertThat(resumed.body()).isEqualTo(Arrays.copyOfRange(content, 200_000, 300_000));
    assertThat(middle.statusCode()).isEqualTo(206);
    assertThat(middle.body()).isEqualTo(Arrays.copyOfRange(content, 10, 20));
    assertThat(other.statusCode()).isEqualTo(200);
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(beyond.headers().firstValue("Content-Range")).contains("bytes */300000");
    assertThat(several.statusCode()).isEqualTo(200);
    assertThat(known.statusCode()).isEqualTo(304);
    assertThat(known.body()).isEmpty();
  }

  @Test
  void servesTheManifestOfABundleThatIsKnown() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    var bundle = Samples.bundle(app, "1.0.1");
    say(Topics.BUNDLES, bundle.key(), bundle);
    var content = "{}".getBytes(StandardCharsets.UTF_8);
    store("apps/" + app + "/bundles/" + bundle.manifest(), content);
    var hidden = Samples.digest("not announced");
    store("apps/" + app + "/bundles/" + hidden, content);
    var path = "/v1/apps/" + app + "/bundles/";

    // Then
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(get(path + bundle.manifest()).body()).isEqualTo(content));
    assertThat(get(path + hidden).statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/apps/APP/blobs/unknown",
        "/v1/apps/APP/blobs/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/v1/apps/APP/blobs/..%2f..%2fetc%2fpasswd",
        "/v1/apps/APP/blobs/%00",
        "/v1/apps/APP/bundles/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/v1/apps/com.other.app/blobs/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/v1/apps/..%2f/blobs/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/v1/apps/APP/elsewhere",
      })
  void knowsNothingUnderOtherAddresses(String path) throws Exception {
    say(Topics.APPS, app, Samples.app(app));
    var answer = get(path.replace("APP", app));
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    var problem = Json.LENIENT.readValue(answer.body(), Problem.class);
    assertThat(problem.slug()).isEqualTo("not-found");
  }

  @Test
  void saysWhatIsWrongWithABody() throws Exception {
    var half = post("/updates", "{\"app_id\":".getBytes(StandardCharsets.UTF_8));
    assertThat(half.statusCode()).isEqualTo(400);
    assertThat(Json.LENIENT.readTree(half.body()).path("error").asText())
        .isEqualTo("invalid_json_parse_body");
    assertThat(post("/updates", new byte[20_000]).statusCode()).isEqualTo(413);
    assertThat(Json.LENIENT.readTree(get("/updates").body()).path("status").asText())
        .isEqualTo("ok");
    assertThat(check(Samples.device(random), "1.0.0").path("error").asText())
        .isEqualTo("app_not_found");
  }

  @Test
  void countsWhatItDoes() throws Exception {
    check(Samples.device(random), "1.0.0");
    var metrics = new String(get("/q/metrics").body(), StandardCharsets.UTF_8);
    assertThat(metrics)
        .contains("slipway_checks_total{outcome=\"app_not_found\"}")
        .contains("slipway_reports_total{outcome=\"dropped\"} 0.0")
        .contains("slipway_image_age_seconds", "slipway_image_stale 0.0")
        .contains("slipway_check_time_seconds_bucket", "slipway_epoch_lag_seconds")
        .contains("slipway_image_entries{of=\"apps\"}", "slipway_limited_total");
    var health = Json.LENIENT.readTree(get("/q/health/ready").body());
    var image =
        StreamSupport.stream(health.path("checks").spliterator(), false)
            .filter(check -> check.path("name").asText().equals("image"))
            .findFirst()
            .orElseThrow();
    assertThat(image.at("/data/stale").asBoolean(true)).isFalse();
    assertThat(image.at("/data/source").asText()).isEqualTo("topics");
    assertThat(get("/q/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void knowsWhatTheTopicsSayOfSingleDevices() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    say(Topics.BUNDLES, app + "/1.0.1", Samples.bundle(app, "1.0.1"));
    say(Topics.BUNDLES, app + "/1.1.0", Samples.bundle(app, "1.1.0"));
    say(channel(1, "1.0.1", null));
    say(channel(1, "1.1.0", null, "zeta"));
    var device = Samples.device(random);
    var id = AppId.of(app);
    awaitOffer("1.0.1", device);

    // When an operator puts it on a channel, and takes it off again
    var key = DeviceEvent.key(id, device);
    var override = new DeviceOverride(id, device, ChannelName.of("zeta"), 1, Samples.NOW);
    say(Topics.DEVICE_OVERRIDES, key, override);
    awaitOffer("1.1.0", device);
    unsay(Topics.DEVICE_OVERRIDES, key, 2);
    awaitOffer("1.0.1", device);

    // When telemetry says what failed there, and that it is forgiven
    var failure = new Failure(Version.of("1.0.1"), Kind.START, 1, Instant.now());
    say(Topics.DEVICE_FAILURES, key, new DeviceFailures(id, device, 1, List.of(failure)));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(check(device, "1.0.0").path("error").asText())
                    .isEqualTo("version_failed_on_device"));
    unsay(Topics.DEVICE_FAILURES, key, 2);
    awaitOffer("1.0.1", device);

    // When it says so itself, at the very next check
    var report = body(device, "1.0.1").put("action", "update_fail");
    post("/stats", Json.LENIENT.writeValueAsBytes(report));
    assertThat(check(device, "1.0.0").path("error").asText()).isEqualTo("version_failed_on_device");

    // When an older plugin puts it elsewhere, all instances hear of it
    try (var choices = TopicReader.fromNow(stack, Topics.DEVICE_CHANNELS.name())) {
      var choice = body(device, "1.0.0").put("plugin_version", "7.33.0").put("channel", "zeta");
      var answer = post("/channel_self", Json.LENIENT.writeValueAsBytes(choice));
      assertThat(answer.statusCode()).isEqualTo(200);
      var told = choices.until(all -> all.stream().anyMatch(r -> r.key().equals(key))).getLast();
      assertThat(Message.read(Topics.DEVICE_CHANNELS, told.value()).channel().text())
          .isEqualTo("zeta");
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(oldPlugin(device).path("version").asText()).isEqualTo("1.1.0"));

    // When it is forgotten
    unsay(Topics.DEVICE_CHANNELS, key, Instant.now().toEpochMilli());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(oldPlugin(device).path("version").asText()).isNotEqualTo("1.1.0"));
  }

  private JsonNode oldPlugin(DeviceId device) throws Exception {
    var body = body(device, "1.0.0").put("plugin_version", "7.33.0");
    return Json.LENIENT.readTree(post("/updates", Json.LENIENT.writeValueAsBytes(body)).body());
  }

  @Test
  void tellsTheTimeAndTheSizeOfTheFleet() throws Exception {
    // Given
    say(Topics.APPS, app, Samples.app(app));
    say(channel(1, "builtin", null));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                check(Samples.device(random), "1.0.0")
                    .path("error")
                    .asText()
                    .equals("already_on_builtin"));
    try (var ticks = TopicReader.fromNow(stack, Topics.DEVICE_EVENTS.name());
        var sizes = TopicReader.fromNow(stack, Topics.FLEET_SIZES.name())) {
      // When
      var devices = Stream.generate(() -> Samples.device(random)).limit(300).toList();
      for (var device : devices) for (int i = 0; i < 2; i++) check(device, "1.0.0");

      // Then
      int partitions = TopicProfile.SINGLE.devicePartitions();
      ticks.until(
          all ->
              all.stream()
                      .filter(record -> record.key().startsWith("tick/"))
                      .map(ConsumerRecord::partition)
                      .distinct()
                      .count()
                  == partitions);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                var last =
                    sizes.toEnd().stream()
                        .filter(record -> record.key().startsWith(app + "/production/"))
                        .toList();
                assertThat(last).isNotEmpty();
                var size = Message.read(Topics.FLEET_SIZES, last.getLast().value());
                assertThat(size.sketches()).hasSize(1);
                assertThat(size.sketches().getFirst().nativeVersion()).isEqualTo("1.0.0");
                assertThat(DeviceSketch.of(size.sketches().getFirst().registers()).count())
                    .isBetween(280L, 330L);
              });
    }
  }

  @Test
  void offersFileByFileOnceTheListHasBeenRead() throws Exception {
    // Given
    var document =
        "[{\"file_name\":\"index.html\",\"file_hash\":\"aa\",\"id\":\"%s\",\"size\":12}]"
            .formatted(Samples.digest("index"))
            .getBytes(StandardCharsets.UTF_8);
    var list = Digest.sha256(document);
    store("apps/" + app + "/blobs/" + list, document);
    var capgo =
        new BundleState.Capgo(
            BundleState.Capgo.Scheme.V3,
            Samples.digest("zip"),
            10,
            "aXY=:a2V5",
            "00",
            Samples.KEY_ID,
            list);
    say(Topics.APPS, app, Samples.app(app));
    say(
        Topics.BUNDLES,
        app + "/1.0.1",
        Samples.bundle(app, "1.0.1", capgo, BundleState.Compat.ANY, null));

    // When
    say(channel(1, "1.0.1", null));

    // Then
    var device = Samples.device(random);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(check(device, "1.0.0").path("manifest").isArray()).isTrue());
    var offer = check(device, "1.0.0");
    assertThat(offer.path("manifest").path(0).path("file_name").asText()).isEqualTo("index.html");
    var asking = body(device, "1.0.0").put("version", "1.0.1");
    asking.set("manifest", offer.path("manifest"));
    asking.withArray("manifest").addObject().put("file_name", "x").put("file_hash", "y");
    var sizes = post("/updates/manifest_size", Json.LENIENT.writeValueAsBytes(asking));
    var known = Json.LENIENT.readTree(sizes.body());
    assertThat(known.path("totalSize").asLong()).isEqualTo(12);
    assertThat(known.path("knownFiles").asInt()).isEqualTo(1);
    assertThat(known.path("unknownFiles").asInt()).isEqualTo(1);
    assertThat(known.at("/files/0/size").asLong()).isEqualTo(12);
    assertThat(known.at("/files/1/error").asText()).isEqualTo("size_unknown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Content-Length: x\r\n\r\n{}",
      })
  void hangsUpOnWhatAProxyCouldReadOtherwise(String rest) throws Exception {
    try (var socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              ("POST /updates HTTP/1.1\r\nHost: x\r\n" + rest).getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).containsPattern("^HTTP/1.[01] 4\\d\\d ");
      assertThat(answer.split("HTTP/1", -1)).hasSize(2);
    }
  }

  @Test
  void waitsForABodyOnlySoLong() throws Exception {
    try (var socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              "POST /stats HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{\"a\":"
                  .getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 408 ").contains("too_slow");
    }
  }

  private static long acknowledged(List<ConsumerRecord<String, byte[]>> acks, int partition) {
    if (acks.isEmpty()) return -1;
    // One instance, so one key and one partition: the last is the newest.
    var ack = Message.read(Topics.EDGE_ACKS, acks.getLast().value());
    assertThat(ack.stale()).isFalse();
    return ack.applied().getOrDefault(partition, -1L);
  }

  /// The name of a channel of this app that shares a partition with another.
  private String samePartition(int partition) {
    int partitions = TopicProfile.SINGLE.controlPartitions();
    return Stream.iterate(0, i -> i + 1)
        .map(i -> "bystander" + i)
        .filter(
            name ->
                Utils.toPositive(Utils.murmur2((app + "/" + name).getBytes(StandardCharsets.UTF_8)))
                        % partitions
                    == partition)
        .findFirst()
        .orElseThrow();
  }

  private List<DeviceEvent> ofApp(List<ConsumerRecord<String, byte[]>> records) {
    return records.stream()
        .filter(record -> record.key().startsWith(app + "/"))
        .map(record -> Message.read(Topics.DEVICE_EVENTS, record.value()))
        .toList();
  }

  private <E extends DeviceEvent> List<E> instances(
      List<ConsumerRecord<String, byte[]>> records, Class<E> type) {
    return ofApp(records).stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static <E> E only(List<E> all, Predicate<E> condition) {
    var found = all.stream().filter(condition).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private void store(String key, byte[] content) throws Exception {
    try (var s3 =
        MinioClient.builder()
            .endpoint(stack.s3().toString())
            .credentials(stack.s3AccessKey(), stack.s3SecretKey())
            .region("us-east-1")
            .build()) {
      s3.putObject(
          PutObjectArgs.builder().bucket(stack.s3Bucket()).object(key).stream(
                  new ByteArrayInputStream(content), content.length, -1)
              .build());
    }
  }

  private ChannelState channel(long epoch, String baseline, ChannelState.ActiveRollout rollout) {
    return channel(epoch, baseline, rollout, "production");
  }

  private ChannelState channel(
      long epoch, String baseline, ChannelState.ActiveRollout rollout, String name) {
    return Samples.channel(
        app,
        name,
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

  private void unsay(Topic<?> topic, String key, long revision) {
    var message = Message.tombstone(topic, key, revision, Samples.NOW);
    topics.send(topic.name(), key, null, message.headers());
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
    return check(device, versionName, "");
  }

  private JsonNode check(DeviceId device, String versionName, String channel) throws Exception {
    var body = body(device, versionName).put("defaultChannel", channel);
    var answer = post("/updates", Json.LENIENT.writeValueAsBytes(body));
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

  private HttpResponse<byte[]> head(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).HEAD().build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    if (headers.length > 0) request.headers(headers);
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }
}
