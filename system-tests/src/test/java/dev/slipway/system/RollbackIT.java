package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.cli.fleet.Defects;
import dev.slipway.cli.fleet.Fleet;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.testkit.TopicReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The main job: a release spreads stage by stage because the fleet says it works, and comes back
/// by itself because the fleet says it does not.
@ExtendWith(RunningSuite.Extension.class)
class RollbackIT {

  private static final long SEED = 20_261_122;
  private static final Stage HALF = new Stage(Exposure.of("50 %"), Duration.ZERO, Gate.MANUAL);
  private static final Stage ALL = new Stage(Exposure.ALL, Duration.ZERO, Gate.MANUAL);

  @TempDir Path folder;

  @Test
  void aFleetCarriesAGoodReleaseToTheEndAndABrokenOneBack(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "fleet");
    var stages =
        List.of(
            new Stage(Exposure.of("20 %"), Duration.ofSeconds(1), Gate.EVIDENCE),
            new Stage(Exposure.of("60 %"), Duration.ofSeconds(1), Gate.EVIDENCE),
            new Stage(Exposure.ALL, Duration.ofSeconds(1), Gate.EVIDENCE));
    var plan =
        new Fleet.Plan(
            app.id,
            null,
            suite.delivery(),
            Phone.NATIVE,
            600,
            SEED,
            20,
            40,
            Defects.parse(SEED, List.of(ShippedApp.BROKEN + "=0.4")),
            CapgoPublicKey.parsePem(Files.readString(folder.resolve("slipway-keys/capgo.pub.pem"))),
            Duration.ofSeconds(60));
    try (var fleet = new Fleet(plan, Clock.systemUTC())) {
      fleet.start();
      await()
          .atMost(Duration.ofSeconds(150))
          .until(() -> fleet.books().page().of(ShippedApp.GOOD).confirmed() == plan.devices());

      // When
      var better = app.start(ShippedApp.BETTER, stages, ShippedApp.TRUSTED);
      app.awaitState(better, RolloutState.COMPLETED);
      await()
          .atMost(Duration.ofSeconds(150))
          .until(() -> fleet.books().page().of(ShippedApp.BETTER).running() == plan.devices());
      var broken = app.start(ShippedApp.BROKEN, stages, ShippedApp.TRUSTED);
      app.awaitState(broken, RolloutState.ROLLED_BACK);

      // Then
      await()
          .atMost(Duration.ofSeconds(150))
          .untilAsserted(
              () -> {
                var page = fleet.books().page();
                assertThat(page.of(ShippedApp.BETTER).running()).isEqualTo(plan.devices());
                assertThat(page.of(ShippedApp.BROKEN).running()).isZero();
              });
      var page = fleet.books().page();
      assertThat(page.corrupt()).isZero();
      assertThat(page.of(ShippedApp.BROKEN).offered()).isBetween(1, plan.devices() * 6 / 10);
      var verdict = app.rollout(broken).verdict();
      assertThat(verdict).isNotNull();
      assertThat(verdict.health()).isEqualTo(Verdict.Health.UNHEALTHY);
      assertThat(verdict.action()).isEqualTo(Verdict.Action.ROLL_BACK);
      assertThat(verdict.counts().attempts())
          .isBetween(20L, (long) page.of(ShippedApp.BROKEN).installed());
      assertThat(app.channel().baseline()).isEqualTo(Version.of(ShippedApp.BETTER));
      aReplayGivesTheSameBits(suite, broken.rolloutId());
    }
    storyOnTheTopicsIsWhole(suite, app.id);
  }

  /// The same verdicts come out again, to the bit; with a smaller error rate the release is
  /// condemned on more evidence, or on the same where one look's reports brought enough for both.
  private void aReplayGivesTheSameBits(RunningSuite suite, RolloutId rollout) throws Exception {
    Path chart = folder.resolve("evidence.svg");
    var replay =
        suite
            .slipway(
                folder,
                "replay",
                rollout.text(),
                "--alpha",
                "0.0001%",
                "--chart",
                chart.toString(),
                "--json")
            .json();
    assertThat(replay.path("match").asBoolean()).isTrue();
    assertThat(replay.path("verdicts").asInt())
        .isPositive()
        .isEqualTo(replay.path("reproduced").asInt());
    assertThat(evidenceWhenUnhealthy(replay.path("asked")))
        .isGreaterThanOrEqualTo(1_000_000)
        .isGreaterThanOrEqualTo(evidenceWhenUnhealthy(replay.path("recorded")));
    assertThat(chart).content().contains("1/alpha = 1,000", "rolls back at");

    var unknown = suite.slipway(folder, "replay", "00000000-0000-4000-8000-000000000000");
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.err()).contains("Nothing is known of a rollout");

    var last = suite.slipway(folder, "replay", "--all-last", "2");
    assertThat(last.exit()).as(last.out() + last.err()).isZero();
    assertThat(last.out()).contains(rollout.text(), "yes", "unhealthy, roll back after");
  }

  private static double evidenceWhenUnhealthy(JsonNode judged) {
    for (var mark : judged.path("marks")) {
      if (mark.path("health").asText().equals("unhealthy")) {
        return mark.path("evidence").asDouble();
      }
    }
    throw new AssertionError("never unhealthy: " + judged);
  }

  private static void storyOnTheTopicsIsWhole(RunningSuite suite, AppId app) {
    List<RolloutEvent> events = new ArrayList<>();
    List<Long> epochs = new ArrayList<>();
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.ROLLOUT_EVENTS.name())) {
      for (var record : reader.toEnd()) {
        var event = Message.read(Topics.ROLLOUT_EVENTS, record.value());
        if (event.subject().appId().equals(app)) events.add(event);
      }
    }
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.CHANNEL_STATES.name())) {
      for (var record : reader.toEnd()) {
        if (!record.key().startsWith(app + "/")) continue;
        ChannelState state = Message.read(Topics.CHANNEL_STATES, record.value());
        epochs.add(state.epoch());
      }
    }
    assertThat(events)
        .extracting(event -> event.getClass().getSimpleName())
        .containsSubsequence(
            "RolloutStarted",
            "StageEntered",
            "RolloutCompleted",
            "RolloutStarted",
            "StageEntered",
            "StageEntered",
            "StageEntered",
            "RolloutCompleted",
            "RolloutStarted",
            "StageEntered",
            "RolledBack");
    assertThat(events).filteredOn(RolloutEvent.RolledBack.class::isInstance).hasSize(1);
    assertThat(events).filteredOn(RolloutEvent.RolloutCompleted.class::isInstance).hasSize(2);
    assertThat(events.getLast().cause()).isInstanceOf(Cause.Evidence.class);
    assertThat(epochs).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void fromTheVerdictToTheFirstDeviceThatIsToldToGoBack(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "latency");
    var random = new Random(SEED);
    List<Long> millis = new ArrayList<>();

    for (int round = 0; round < 5; round++) {
      var rollout = app.start(ShippedApp.BROKEN, List.of(HALF, ALL), ShippedApp.TRUSTED);
      app.awaitServed();
      var exposed = exposed(suite, app, 80, random);
      for (Phone phone : exposed) phone.set(ShippedApp.BROKEN, ShippedApp.GOOD);

      // When
      for (Phone phone : exposed) {
        phone.report("update_fail", ShippedApp.BROKEN, ShippedApp.GOOD);
      }
      Phone asking = exposed.getFirst();
      await()
          .atMost(Duration.ofSeconds(30))
          .pollDelay(Duration.ZERO)
          // As often as delivery lets one device ask, however long the verdict takes.
          .pollInterval(Duration.ofMillis(50))
          .until(() -> asking.isOffered(ShippedApp.GOOD, ShippedApp.BROKEN));
      Instant told = Instant.now();

      // Then
      app.awaitState(rollout, RolloutState.ROLLED_BACK);
      Verdict verdict = ((Cause.Evidence) app.rollout(rollout).cause()).verdict();
      millis.add(Duration.between(verdict.decidedAt(), told).toMillis());
    }
    List<Long> sorted = millis.stream().sorted().toList();
    System.out.printf(
        "From the verdict to the first device told to go back: median %d ms of %s ms%n",
        sorted.get(sorted.size() / 2), millis);
    assertThat(sorted.get(sorted.size() / 2)).isLessThan(1000);
  }

  private static List<Phone> exposed(RunningSuite suite, ShippedApp app, int asked, Random random)
      throws Exception {
    List<Phone> exposed = new ArrayList<>();
    for (Phone phone : Phone.some(asked, suite.delivery(), app.id, random)) {
      if (phone.isOffered(ShippedApp.BROKEN, ShippedApp.GOOD)) exposed.add(phone);
    }
    assertThat(exposed).hasSizeBetween(asked / 4, asked * 3 / 4);
    return exposed;
  }
}
