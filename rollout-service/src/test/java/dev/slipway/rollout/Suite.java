package dev.slipway.rollout;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.NewAccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.app.NewApp;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.bundle.BundleState.Status;
import dev.slipway.contracts.http.Problem;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.TopicWriter;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/// What surrounds the service in its tests: people, ingest, telemetry, and who reads its topics.
final class Suite {

  static final Endpoints STACK = Stack.shared();
  static final ChannelName PRODUCTION = ChannelName.of("production");

  private static final AtomicInteger APPS = new AtomicInteger();

  /// Made once: what a certificate is, is not the question here.
  static final KeyRing KEYS =
      KeyRing.generate(
          AppId.of("com.example.app"), new SecureRandom(), Instant.now(), Duration.ofDays(30));

  private static volatile boolean ready;

  private Suite() {}

  static AppId newAppId() {
    return AppId.of("com.example.app" + APPS.incrementAndGet());
  }

  static AppId registeredApp() {
    var app = newAppId();
    assertThat(post("/v1/apps", application(app)).statusCode()).isEqualTo(201);
    return app;
  }

  static NewApp application(AppId app) {
    return application(app, null);
  }

  static NewApp application(AppId app, @Nullable AppPolicy policy) {
    return new NewApp(app, "The app", certificate(), List.of("kid1"), PRODUCTION, policy);
  }

  /// One whose rollouts start by this rule.
  static AppId registeredApp(SecondPerson rule) {
    var app = newAppId();
    var policy = AppPolicy.DEFAULT.with(rule);
    assertThat(post("/v1/apps", application(app, policy)).statusCode()).isEqualTo(201);
    return app;
  }

  static String certificate() {
    return Base64.getEncoder().encodeToString(KEYS.certificate().der());
  }

  /// The first owner's key, once the service is ready to know it.
  static String ownerKey() {
    if (!ready) {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> given().get("/q/health/ready").statusCode() == 200);
      ready = true;
    }
    try {
      return Files.readString(Path.of("target/first-key")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String keyFor(Set<Role> roles, @Nullable Set<AppId> apps) {
    var wanted = new NewAccessKey("for a test", roles, apps, Duration.ofHours(1));
    return post("/v1/access-keys", wanted).then().statusCode(201).extract().path("text");
  }

  static RequestSpecification as(String key) {
    return given().header("Authorization", "Bearer " + key).contentType("application/json");
  }

  static Response post(String path, Object body) {
    return as(ownerKey()).body(json(body)).post(path);
  }

  static Response get(String path) {
    return as(ownerKey()).get(path);
  }

  static Problem problem(Response response, int status) {
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
    assertThat(response.contentType()).startsWith(Problem.MEDIA_TYPE);
    return read(response, Problem.class);
  }

  static ChannelView channel(AppId app) {
    return read(
        get(channelPath(app)).then().statusCode(200).extract().response(), ChannelView.class);
  }

  static String channelPath(AppId app) {
    return "/v1/apps/" + app + "/channels/production";
  }

  static RolloutView start(AppId app, Version version, Gate gate, Duration hold, String... stages) {
    var response = post(channelPath(app) + "/rollouts", plan(version, gate, hold, stages));
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(201);
    return read(response, RolloutView.class);
  }

  static StartRollout plan(Version version, Gate gate, Duration hold, String... stages) {
    return new StartRollout(
        version,
        List.of(stages).stream().map(it -> new Stage(Exposure.of(it), hold, gate)).toList(),
        null,
        "a test");
  }

  static RolloutView rollout(AppId app, RolloutId id) {
    var response = get("/v1/apps/" + app + "/rollouts/" + id);
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
    return read(response, RolloutView.class);
  }

  static Response order(RolloutView rollout, String verb, @Nullable Long epoch) {
    return post(
        "/v1/apps/" + rollout.appId() + "/rollouts/" + rollout.rolloutId() + "/" + verb,
        new RolloutOrder("a test", epoch));
  }

  /// As ingest does it.
  static Version published(AppId app, String version) {
    return bundle(app, version, Status.PUBLISHED);
  }

  static Version bundle(AppId app, String version, Status status) {
    var digest = Digest.sha256(version.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    var state =
        new BundleState(
            app,
            Version.of(version),
            1,
            status,
            Format.SLIPWAY_BUNDLE_1,
            digest,
            1,
            1000,
            0,
            digest,
            null,
            Instant.now());
    say(Topics.BUNDLES, state.key(), state);
    return state.version();
  }

  /// As telemetry does it.
  static Verdict verdict(
      RolloutView about, long revision, Health health, Action action, int stage) {
    var verdict = unsaid(about, revision, health, action, stage);
    say(Topics.ROLLOUT_VERDICTS, about.rolloutId().text(), verdict);
    return verdict;
  }

  static Verdict unsaid(RolloutView about, long revision, Health health, Action action, int stage) {
    return new Verdict(
        about.rolloutId(),
        about.appId(),
        about.channel(),
        revision,
        health,
        action,
        stage,
        new Verdict.Counts(400, 40, 40, 300, 20),
        1500,
        0.1,
        new TreeMap<>(),
        new TreeMap<>(),
        "config",
        "40 of 400 devices failed",
        Instant.now());
  }

  static <T> long say(Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Instant.now());
    return raw(topic, key, message.value());
  }

  /// @return when Kafka's record says that it was written, in ms
  static long raw(Topic<?> topic, String key, byte @Nullable [] value) {
    try (var writer = new TopicWriter(STACK)) {
      return writer.send(topic.name(), key, value, java.util.Map.of()).timestamp();
    }
  }

  static List<ChannelState> states(AppId app) {
    return records(Topics.CHANNEL_STATES, ChannelState.key(app, PRODUCTION)).stream()
        .map(record -> Message.read(Topics.CHANNEL_STATES, record.value()))
        .toList();
  }

  /// What happened to the rollouts of the channel.
  static List<RolloutEvent> events(AppId app) {
    return allEvents(app).stream().filter(it -> it.subject().rolloutId() != null).toList();
  }

  static List<RolloutEvent> allEvents(AppId app) {
    return records(Topics.ROLLOUT_EVENTS, ChannelState.key(app, PRODUCTION)).stream()
        .map(record -> Message.read(Topics.ROLLOUT_EVENTS, record.value()))
        .toList();
  }

  static List<ConsumerRecord<String, byte[]>> records(Topic<?> topic, String key) {
    try (var reader = TopicReader.fromBeginning(STACK, topic.name())) {
      return reader.toEnd().stream().filter(record -> key.equals(record.key())).toList();
    }
  }

  static <T> T read(Response response, Class<T> type) {
    try {
      return Json.LENIENT.readValue(response.asString(), type);
    } catch (IOException e) {
      throw new AssertionError("not a " + type.getSimpleName() + ": " + response.asString(), e);
    }
  }

  static String json(Object value) {
    return value instanceof String text ? text : StoredJson.write(value);
  }
}
