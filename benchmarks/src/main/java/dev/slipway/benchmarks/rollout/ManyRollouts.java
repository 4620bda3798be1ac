package dev.slipway.benchmarks.rollout;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.NewApp;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import dev.slipway.testkit.TopicWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// A thousand active rollouts over 200 apps: how long an order takes, and how long the service
/// needs from its start to ready. On real Kafka and PostgreSQL of its own, which it takes away
/// again.
///
/// `java -cp benchmarks/target/benchmarks.jar dev.slipway.benchmarks.rollout.ManyRollouts`, in the
/// project's folder, after `./mvnw -P launch package`. Ends with 1 if a goal is missed.
public final class ManyRollouts {

  private static final int APPS = 200;
  private static final int CHANNELS = 5;
  private static final int WARM_UP = 200;
  private static final int ORDERS = 1_000;
  private static final long GOAL_ORDER_MILLIS = 50;
  private static final long GOAL_READY_MILLIS = 10_000;
  private static final Version VERSION = Version.of("1.0.1");

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI service;
  private final String key;

  private ManyRollouts(URI service, String key) {
    this.service = service;
    this.key = key;
  }

  /// @param arguments none
  public static void main(String[] arguments) throws Exception {
    var root = Path.of("").toAbsolutePath();
    var folder = Files.createTempDirectory("slipway-many-rollouts");
    var stack = LocalStack.at(folder, root.resolve(".slipway/programs"));
    stack.endWith(ProcessHandle.current());
    boolean missed;
    try {
      stack.start(System.out::println);
      var suite = Suite.of(stack, root).onAnyPorts();
      suite.start(Service.ROLLOUT, System.out::println);
      try {
        missed = measure(stack, suite);
      } finally {
        suite.stop(Service.ROLLOUT, System.out::println);
      }
    } finally {
      stack.remove();
    }
    System.exit(missed ? 1 : 0);
  }

  private static boolean measure(LocalStack stack, Suite suite) throws Exception {
    var key = Files.readString(suite.firstKeyFile()).strip();
    var load = new ManyRollouts(suite.address(Service.ROLLOUT), key);
    var rollouts = load.begin(stack);
    System.out.printf("%,d active rollouts over %,d apps%n", rollouts.size(), APPS);
    load.orders(rollouts, WARM_UP);
    var millis = load.orders(rollouts, ORDERS);
    double median = millis.get(millis.size() / 2);
    System.out.printf(
        "an order: median %.1f ms, 99 of 100 within %.1f ms (goal: median below %d ms)%n",
        median, millis.get(millis.size() * 99 / 100), GOAL_ORDER_MILLIS);

    var stopped = System.nanoTime();
    suite.kill(Service.ROLLOUT);
    suite.start(Service.ROLLOUT, _ -> {});
    long ready = Duration.ofNanos(System.nanoTime() - stopped).toMillis();
    System.out.printf(
        "from kill -9 to ready: %,d ms (goal: below %,d ms)%n", ready, GOAL_READY_MILLIS);
    return median >= GOAL_ORDER_MILLIS || ready >= GOAL_READY_MILLIS;
  }

  private List<RolloutView> begin(LocalStack stack) throws Exception {
    var keys =
        KeyRing.generate(
            AppId.of("com.example.app"), new SecureRandom(), Instant.now(), Duration.ofDays(30));
    var certificate = Base64.getEncoder().encodeToString(keys.certificate().der());
    var rollouts = new ArrayList<RolloutView>();
    try (var writer = new TopicWriter(stack.endpoints())) {
      for (int i = 0; i < APPS; i++) {
        var app = AppId.of("com.example.many" + i);
        post("/v1/apps", new NewApp(app, null, certificate, List.of("kid1"), null), 201);
        var bundle = bundle(app);
        var message = Message.of(Topics.BUNDLES, bundle.key(), bundle, Instant.now());
        writer.send(Topics.BUNDLES.name(), bundle.key(), message.value(), Map.of());
        for (int c = 0; c < CHANNELS; c++) {
          var channel = c == 0 ? "production" : "channel" + c;
          var path = "/v1/apps/" + app + "/channels/" + channel;
          if (c > 0) send("PUT", path, ChannelRules.DEFAULT, 200);
          var started =
              post(path + "/rollouts", new StartRollout(VERSION, null, null, "a load"), 201);
          rollouts.add(Json.LENIENT.readValue(started, RolloutView.class));
        }
      }
    }
    return rollouts;
  }

  /// Pauses and resumes, one after the other, each on another rollout.
  private List<Double> orders(List<RolloutView> rollouts, int count) throws Exception {
    var millis = new ArrayList<Double>();
    for (int i = 0; i < count; i++) {
      var rollout = rollouts.get(i % rollouts.size());
      for (var verb : List.of("pause", "resume")) {
        var path = "/v1/apps/" + rollout.appId() + "/rollouts/" + id(rollout) + "/" + verb;
        long begun = System.nanoTime();
        post(path, new RolloutOrder("a load", null), 200);
        millis.add((System.nanoTime() - begun) / 1e6);
      }
    }
    millis.sort(Double::compare);
    return millis;
  }

  private static RolloutId id(RolloutView rollout) {
    return rollout.rolloutId();
  }

  private static BundleState bundle(AppId app) {
    var digest = Digest.sha256(VERSION.text().getBytes(StandardCharsets.UTF_8));
    return new BundleState(
        app,
        VERSION,
        1,
        BundleState.Status.PUBLISHED,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        digest,
        1,
        1000,
        0,
        digest,
        null,
        Instant.now());
  }

  private String post(String path, Object body, int status) throws Exception {
    return send("POST", path, body, status);
  }

  private String send(String method, String path, Object body, int status)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(service.resolve(path))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofByteArray(Json.LENIENT.writeValueAsBytes(body)))
            .build();
    var answer = client.send(request, BodyHandlers.ofString());
    if (answer.statusCode() != status) {
      throw new IOException(path + " answered " + answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }
}
