package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.channel;
import static dev.slipway.rollout.Suite.channelPath;
import static dev.slipway.rollout.Suite.events;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.order;
import static dev.slipway.rollout.Suite.plan;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.published;
import static dev.slipway.rollout.Suite.read;
import static dev.slipway.rollout.Suite.registeredApp;
import static dev.slipway.rollout.Suite.rollout;
import static dev.slipway.rollout.Suite.start;
import static dev.slipway.rollout.Suite.states;
import static dev.slipway.rollout.Suite.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCompleted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/// Rollouts from their start to their end, on real Kafka and PostgreSQL.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class RolloutIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void evidenceOpensAStageAndRollsBack() {
    // Given
    var app = registeredApp();
    var version = published(app, "1.0.1");
    var started = start(app, version, Gate.EVIDENCE, Duration.ZERO, "1 %", "5 %", "100 %");
    assertThat(started.state()).isEqualTo(RolloutState.RUNNING);
    assertThat(started.baseline()).isEqualTo(Version.BUILTIN);

    // When
    verdict(started, 1, Health.HEALTHY, Action.NONE, 0);
    await().atMost(SOON).until(() -> rollout(app, started.rolloutId()).stage() == 1);
    var unhealthy = verdict(started, 2, Health.UNHEALTHY, Action.ROLL_BACK, 1);
    await()
        .atMost(SOON)
        .until(() -> rollout(app, started.rolloutId()).state() == RolloutState.ROLLED_BACK);

    // Then
    await().atMost(SOON).untilAsserted(() -> assertThat(states(app)).hasSize(4));
    await().atMost(SOON).untilAsserted(() -> assertThat(events(app)).hasSize(4));
    var states = states(app);
    assertThat(states).extracting(ChannelState::epoch).isSorted().doesNotHaveDuplicates();
    assertThat(states.get(1).rollout().stage()).isZero();
    assertThat(states.get(2).rollout().stage()).isEqualTo(1);
    assertThat(states.get(3).rollout()).isNull();
    assertThat(states.get(3).baseline()).isEqualTo(Version.BUILTIN);
    assertThat(states.get(3).hold()).isEmpty();
    var events = events(app);
    assertThat(events)
        .<Class<?>>extracting(Object::getClass)
        .containsExactly(
            RolloutStarted.class, StageEntered.class, StageEntered.class, RolledBack.class);
    assertThat(events)
        .extracting(event -> event.subject().epoch())
        .containsExactly(
            states.get(1).epoch(),
            states.get(1).epoch(),
            states.get(2).epoch(),
            states.get(3).epoch());
    assertThat(events.getLast().cause()).isEqualTo(new Cause.Evidence(unhealthy));
    var view = rollout(app, started.rolloutId());
    assertThat(view.verdict()).isEqualTo(unhealthy);
    assertThat(view.endedAt()).isNotNull();
    var history = get(channelPath(app) + "/events?limit=4");
    assertThat(history.<List<?>>path("items")).hasSize(4);
    var rest = get(channelPath(app) + "/events?limit=4&after=" + history.path("next"));
    assertThat(rest.<List<String>>path("items.event.type")).containsExactly("rolled-back");
    assertThat(rest.<String>path("next")).isNull();
  }

  @Test
  void theClockCompletesAndAPersonRollsBackWhatIsComplete() {
    // Given
    var app = registeredApp();
    var first =
        start(app, published(app, "1.0.1"), Gate.TIME, Duration.ofSeconds(1), "5 %", "100 %");
    await()
        .atMost(SOON)
        .until(() -> rollout(app, first.rolloutId()).state() == RolloutState.COMPLETED);
    assertThat(channel(app).baseline()).isEqualTo(Version.of("1.0.1"));
    var second = start(app, published(app, "1.0.2"), Gate.MANUAL, Duration.ZERO, "100 %");
    assertThat(order(second, "advance", null).statusCode()).isEqualTo(200);
    assertThat(channel(app).previousBaseline()).isEqualTo(Version.of("1.0.1"));

    // When
    var answer = order(second, "rollback", channel(app).epoch());

    // Then
    assertThat(read(answer, RolloutView.class).state()).isEqualTo(RolloutState.ROLLED_BACK);
    assertThat(channel(app).baseline()).isEqualTo(Version.of("1.0.1"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(states(app).getLast().baseline()).isEqualTo(Version.of("1.0.1")));
    assertThat(events(app)).filteredOn(RolloutCompleted.class::isInstance).hasSize(2);
    var olderOne = order(first, "rollback", null);
    assertThat(read(olderOne, RolloutView.class).state()).isEqualTo(RolloutState.ROLLED_BACK);
    assertThat(channel(app).baseline()).isEqualTo(Version.BUILTIN);
  }

  @Test
  void aPausedRolloutIsHeldAndRepeatedOrdersHold() {
    // Given
    var app = registeredApp();
    var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "5 %", "100 %");

    // When
    var paused = read(order(started, "pause", started.epoch()), RolloutView.class);

    // Then
    assertThat(paused.state()).isEqualTo(RolloutState.PAUSED);
    assertThat(paused.epoch()).isGreaterThan(started.epoch());
    assertThat(channel(app).hold()).containsExactly(started.version());
    assertThat(read(order(started, "pause", started.epoch()), RolloutView.class)).isEqualTo(paused);
    assertThat(problem(order(started, "advance", null), 409).slug()).isEqualTo("not-running");
    assertThat(read(order(started, "resume", null), RolloutView.class).state())
        .isEqualTo(RolloutState.RUNNING);
    assertThat(channel(app).hold()).isEmpty();
  }

  @Test
  void ofTwoConcurrentOrdersOneWins() throws Exception {
    // Given
    var app = registeredApp();
    var started =
        start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "1 %", "5 %", "100 %");

    // When
    var codes = new ArrayList<Integer>();
    var slugs = new ArrayList<String>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      Callable<io.restassured.response.Response> advance =
          () -> order(started, "advance", started.epoch());
      for (var answer : threads.invokeAll(List.of(advance, advance, advance, advance))) {
        codes.add(answer.get().statusCode());
        if (answer.get().statusCode() != 200) slugs.add(problem(answer.get(), 412).slug());
      }
    }

    // Then
    assertThat(codes).containsExactlyInAnyOrder(200, 412, 412, 412);
    assertThat(slugs).containsOnly("epoch-changed");
    assertThat(rollout(app, started.rolloutId()).stage()).isEqualTo(1);
  }

  @Test
  void ofTwoConcurrentStartsOneWins() throws Exception {
    // Given
    var app = registeredApp();
    var version = published(app, "1.0.1");
    var body = plan(version, Gate.MANUAL, Duration.ZERO, "100 %");

    // When
    var codes = new ArrayList<Integer>();
    try (var threads = Executors.newFixedThreadPool(3)) {
      Callable<Integer> start = () -> post(channelPath(app) + "/rollouts", body).statusCode();
      for (var code : threads.invokeAll(List.of(start, start, start))) codes.add(code.get());
    }

    // Then
    assertThat(codes).containsExactlyInAnyOrder(201, 409, 409);
    assertThat(events(app)).filteredOn(RolloutStarted.class::isInstance).hasSizeLessThan(2);
  }

  @Test
  void aRepeatedVerdictChangesNothing() {
    // Given
    var app = registeredApp();
    var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    var paused = verdict(started, 3, Health.UNHEALTHY, Action.PAUSE, 0);
    await()
        .atMost(SOON)
        .until(() -> rollout(app, started.rolloutId()).state() == RolloutState.PAUSED);
    order(started, "resume", null).then().statusCode(200);
    long epoch = channel(app).epoch();

    // When
    Suite.say(Topics.ROLLOUT_VERDICTS, started.rolloutId().text(), paused);
    verdict(started, 2, Health.UNHEALTHY, Action.ROLL_BACK, 0);
    var marker = verdict(started, 4, Health.INCONCLUSIVE, Action.NONE, 0);

    // Then
    await().atMost(SOON).until(() -> marker.equals(rollout(app, started.rolloutId()).verdict()));
    assertThat(channel(app).epoch()).isEqualTo(epoch);
    assertThat(rollout(app, started.rolloutId()).state()).isEqualTo(RolloutState.RUNNING);
  }

  @Test
  void aVerdictThatCannotBeReadGoesAsideAndTheLineGoesOn() {
    // Given
    var app = registeredApp();
    var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    try (var letters = TopicReader.fromNow(Suite.STACK, Topics.DEAD_LETTERS.name())) {
      var poison = "{\"rollout_id\":1".getBytes(StandardCharsets.UTF_8);

      // When
      Suite.raw(Topics.ROLLOUT_VERDICTS, started.rolloutId().text(), poison);
      verdict(started, 1, Health.UNHEALTHY, Action.ROLL_BACK, 0);

      // Then
      var letter = letters.untilCount(1).getFirst();
      assertThat(letter.value()).isEqualTo(poison);
      assertThat(letter.key()).startsWith("slipway.rollout-verdicts-");
      await()
          .atMost(SOON)
          .until(() -> rollout(app, started.rolloutId()).state() == RolloutState.ROLLED_BACK);
    }
  }

  @Test
  void fromVerdictToChannelStateIsQuick() {
    // Given
    var millis = new ArrayList<Long>();
    for (int i = 0; i < 5; i++) {
      var app = registeredApp();
      var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
      var verdict = Suite.unsaid(started, 1, Health.UNHEALTHY, Action.ROLL_BACK, 0);
      try (var reader = TopicReader.fromNow(Suite.STACK, Topics.CHANNEL_STATES.name())) {

        // When
        long at = Suite.say(Topics.ROLLOUT_VERDICTS, started.rolloutId().text(), verdict);
        var state = reader.until(all -> all.stream().anyMatch(it -> rolledBack(app, it)));

        // Then
        millis.add(
            state.stream().filter(it -> rolledBack(app, it)).findFirst().get().timestamp() - at);
      }
    }
    System.out.println("From a verdict to the state that follows from it, in ms: " + millis);
    assertThat(millis.stream().sorted().toList().get(2)).isBetween(0L, 1_000L);
  }

  @Test
  void aChannelShowsWhichEdgesServeIt() {
    // Given
    var app = registeredApp();
    var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    var startedAt = Instant.now().minusSeconds(60);
    var none = new TreeMap<>(java.util.Map.of(0, 0L, 1, 0L, 2, 0L));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              ack("edge-a", startedAt, none);
              ack("edge-b", startedAt, none);
              assertThat(channel(app).edges().live()).isEqualTo(2);
            });

    // When
    order(started, "rollback", null).then().statusCode(200);
    await().atMost(SOON).untilAsserted(() -> assertThat(states(app)).hasSize(3));
    var all = new TreeMap<>(java.util.Map.of(0, 9_999L, 1, 9_999L, 2, 9_999L));
    ack("edge-a", startedAt, all);

    // Then
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var edges = channel(app).edges();
              assertThat(edges.serving()).isEqualTo(1);
              assertThat(edges.missing()).containsExactly("edge-b");
              assertThat(edges.millis()).isNull();
            });
    ack("edge-b", startedAt, all);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var edges = channel(app).edges();
              assertThat(edges.serving()).isEqualTo(2);
              assertThat(edges.missing()).isEmpty();
              assertThat(edges.millis()).isBetween(0L, 20_000L);
            });
  }

  @Test
  void theSaltLeavesOnTheTopicOnly() {
    // Given
    var app = registeredApp();
    var started = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "100 %");
    await().atMost(SOON).untilAsserted(() -> assertThat(states(app)).hasSize(2));
    var salt = states(app).getLast().rollout().salt();

    // When
    var answers =
        List.of(
            get(channelPath(app)).asString(),
            get("/v1/apps/" + app + "/channels").asString(),
            get(channelPath(app) + "/events").asString(),
            get("/v1/apps/" + app + "/rollouts/" + started.rolloutId()).asString(),
            order(started, "pause", null).asString());

    // Then
    assertThat(salt).hasSize(22);
    assertThat(answers).allSatisfy(it -> assertThat(it).doesNotContain(salt, "salt"));
    assertThat(events(app)).extracting(RolloutEvent::toString).noneMatch(it -> it.contains(salt));
  }

  private static boolean rolledBack(AppId app, ConsumerRecord<String, byte[]> record) {
    return record.key().equals(ChannelState.key(app, Suite.PRODUCTION))
        && Message.read(Topics.CHANNEL_STATES, record.value()).rollout() == null;
  }

  private static void ack(String instance, Instant startedAt, TreeMap<Integer, Long> applied) {
    Suite.say(
        Topics.EDGE_ACKS,
        instance,
        new EdgeAck(instance, startedAt, applied, false, Instant.now()));
  }
}
