package dev.slipway.system;

import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.rollout.StartRollout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// An application of its own for one test: registered, three versions published with the commands
/// that people use, the first one completed as the baseline.
final class ShippedApp {

  static final String GOOD = "1.1.0";
  static final String BETTER = "1.2.0";
  static final String BROKEN = "1.3.0";
  private static final Map<String, String> FOLDERS =
      Map.of(GOOD, "good", BETTER, "better", BROKEN, "broken");

  /// For a small fleet whose reports are trusted: no caps per network, early consequences, and no
  /// pause first.
  static final Policy TRUSTED =
      Policy.forBaseRate(0.02, true)
          .with(
              policy -> {
                policy.tolerated = 0.05;
                policy.minAttempts = 20;
                policy.minFailures = 1;
                policy.minNetworks = 1;
                policy.minSoak = Duration.ZERO;
              });

  final AppId id;
  final RunningSuite suite;

  private ShippedApp(AppId id, RunningSuite suite) {
    this.id = id;
    this.suite = suite;
  }

  static ShippedApp create(RunningSuite suite, Path folder, String name) throws Exception {
    var app = new ShippedApp(AppId.of("dev.slipway.test." + name), suite);
    Files.createDirectories(folder);
    suite.slipway(folder, "keys", "init", app.id.text(), "--json").json();
    suite
        .slipway(folder, "app", "create", app.id.text(), "--second-person", "never", "--json")
        .json();
    for (String version : List.of(GOOD, BETTER, BROKEN)) app.publish(folder, version);
    app.start(GOOD, List.of(new Stage(Exposure.ALL, Duration.ZERO, Gate.TIME)), TRUSTED);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> app.channel().baseline().equals(Version.of(GOOD)));
    return app;
  }

  private void publish(Path folder, String version) throws Exception {
    Path sample =
        Path.of(System.getProperty("slipway.root"), "samples/web-app", FOLDERS.get(version));
    suite
        .slipway(folder, "bundle", "seal", sample.toString(), "--app-version", version, "--json")
        .json();
    suite.slipway(folder, "bundle", "publish", id + "-" + version + ".slipway", "--json").json();
  }

  String path() {
    return "/v1/apps/" + id;
  }

  ChannelView channel() {
    return suite.rollout().get(path() + "/channels/production", ChannelView.class);
  }

  RolloutView start(String version, List<Stage> stages, Policy policy) {
    return suite
        .rollout()
        .post(
            path() + "/channels/production/rollouts",
            new StartRollout(Version.of(version), stages, policy, "a test"),
            RolloutView.class);
  }

  RolloutView rollout(RolloutView of) {
    return suite.rollout().get(path() + "/rollouts/" + of.rolloutId(), RolloutView.class);
  }

  RolloutView order(RolloutView of, String verb) {
    return suite
        .rollout()
        .post(
            path() + "/rollouts/" + of.rolloutId() + "/" + verb,
            new RolloutOrder("a test", null),
            RolloutView.class);
  }

  void awaitState(RolloutView of, RolloutState state) {
    await()
        .atMost(Duration.ofSeconds(150))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> rollout(of).state() == state);
  }

  /// Until every edge serves the channel's newest plan.
  void awaitServed() {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              var edges = channel().edges();
              return edges.live() > 0 && edges.missing().isEmpty();
            });
  }
}
