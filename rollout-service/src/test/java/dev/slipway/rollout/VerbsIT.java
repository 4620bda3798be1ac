package dev.slipway.rollout;

import static dev.slipway.rollout.Suite.as;
import static dev.slipway.rollout.Suite.channel;
import static dev.slipway.rollout.Suite.channelPath;
import static dev.slipway.rollout.Suite.get;
import static dev.slipway.rollout.Suite.json;
import static dev.slipway.rollout.Suite.keyFor;
import static dev.slipway.rollout.Suite.order;
import static dev.slipway.rollout.Suite.ownerKey;
import static dev.slipway.rollout.Suite.plan;
import static dev.slipway.rollout.Suite.post;
import static dev.slipway.rollout.Suite.problem;
import static dev.slipway.rollout.Suite.published;
import static dev.slipway.rollout.Suite.read;
import static dev.slipway.rollout.Suite.registeredApp;
import static dev.slipway.rollout.Suite.rollout;
import static dev.slipway.rollout.Suite.start;
import static dev.slipway.rollout.Suite.states;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy.SecondPerson;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Effects;
import dev.slipway.contracts.rollout.OverrideOrder;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.QuarantineOrder;
import dev.slipway.contracts.rollout.Republished;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutPreview;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.DeviceSketch;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// Every verb, on real Kafka and PostgreSQL.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class VerbsIT {

  private static final String WHY = "{\"reason\":\"a test\"}";

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ChannelName BETA = ChannelName.of("beta");

  @Test
  void draftSubmitApproveBySomebodyElse() {
    // Given
    var app = registeredApp();
    var draft = draft(app, published(app, "1.0.1"));
    assertThat(draft.state()).isEqualTo(RolloutState.DRAFT);
    assertThat(channel(app).rollout()).isNull();
    assertThat(order(draft, "approve", null).statusCode()).isEqualTo(409);

    // When
    order(draft, "submit", null).then().statusCode(200);
    var self = problem(order(draft, "approve", null), 409);
    var second = keyFor(Set.of(Role.RELEASER), Set.of(app));
    var approved =
        as(second).body(json(new RolloutOrder("I agree", null))).post(path(draft) + "/approve");

    // Then
    assertThat(self.slug()).isEqualTo("same-person");
    assertThat(read(approved, RolloutView.class).state()).isEqualTo(RolloutState.RUNNING);
    assertThat(channel(app).rollout().rolloutId()).isEqualTo(draft.rolloutId());
    assertThat(kinds(app))
        .containsExactly(
            "RolloutDrafted",
            "RolloutSubmitted",
            "RolloutApproved",
            "RolloutStarted",
            "StageEntered");
  }

  @Test
  void anAppThatAsksForTwoPeopleGetsThem() {
    // Given
    var app = registeredApp(SecondPerson.ALWAYS);
    var version = published(app, "1.0.1");
    var plan = plan(version, Gate.MANUAL, Duration.ZERO, "100 %");
    var anna = Suite.keyFor(Set.of(dev.slipway.contracts.access.Role.RELEASER), Set.of(app));
    var successor =
        post(
                "/v1/access-keys/" + anna.split("_")[2] + "/rotate",
                "{\"expires_in\":\"PT1H\",\"overlap\":\"PT1H\"}")
            .<String>path("text");

    // When
    var alone = problem(as(anna).body(json(plan)).post(channelPath(app) + "/rollouts"), 409);
    var draft =
        read(as(anna).body(json(plan)).post(channelPath(app) + "/drafts"), RolloutView.class);
    var launched = problem(as(anna).body(WHY).post(path(draft) + "/start"), 409);
    as(anna).body(WHY).post(path(draft) + "/submit").then().statusCode(200);
    var herself = problem(as(successor).body(WHY).post(path(draft) + "/approve"), 409);
    var approved = read(as(ownerKey()).body(WHY).post(path(draft) + "/approve"), RolloutView.class);

    // Then
    assertThat(alone.slug()).isEqualTo("approval-required");
    assertThat(launched.slug()).isEqualTo("approval-required");
    assertThat(herself.slug()).isEqualTo("same-person");
    assertThat(approved.state()).isEqualTo(RolloutState.RUNNING);
  }

  @Test
  void scheduleStartsByItselfAndCancelDoesNot() {
    // Given
    var app = registeredApp();
    var draft = draft(app, published(app, "1.0.1"));
    var other = draft(app, published(app, "1.0.2"));
    var past = Instant.now().minusSeconds(60);
    var refused =
        problem(post(path(draft) + "/schedule", new RolloutOrder("why", null, past, null)), 422);
    assertThat(refused.slug()).isEqualTo("time-invalid");
    assertThat(channel(app).waiting())
        .extracting(RolloutView::rolloutId)
        .containsExactlyInAnyOrder(draft.rolloutId(), other.rolloutId());

    // When
    var at = Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.MILLIS);
    post(path(draft) + "/schedule", new RolloutOrder("why", null, at, null)).then().statusCode(200);
    order(other, "cancel", null).then().statusCode(200);

    // Then
    await()
        .atMost(SOON)
        .until(() -> rollout(app, draft.rolloutId()).state() == RolloutState.RUNNING);
    assertThat(rollout(app, draft.rolloutId()).startedAt()).isAfterOrEqualTo(at);
    assertThat(rollout(app, other.rolloutId()).state()).isEqualTo(RolloutState.CANCELLED);
    assertThat(channel(app).waiting()).isEmpty();
    assertThat(problem(order(draft, "cancel", null), 409).slug()).isEqualTo("exposed-already");
    var list = get("/v1/apps/" + app + "/rollouts?state=cancelled");
    assertThat(list.<List<String>>path("items.rollout_id"))
        .containsExactly(other.rolloutId().text());
    var firstPage = get("/v1/apps/" + app + "/rollouts?limit=1");
    assertThat(firstPage.<List<?>>path("items")).hasSize(1);
    var secondPage = get("/v1/apps/" + app + "/rollouts?limit=1&after=" + firstPage.path("next"));
    assertThat(secondPage.<List<String>>path("items.rollout_id"))
        .containsExactly(draft.rolloutId().text());
    assertThat(problem(get("/v1/apps/" + app + "/rollouts?state=odd"), 422).slug())
        .isEqualTo("state-invalid");
  }

  @Test
  void supersedeTakesThePlaceAndTheCohorts() {
    // Given
    var app = registeredApp();
    var first = start(app, published(app, "1.0.1"), Gate.MANUAL, Duration.ZERO, "5 %", "100 %");
    published(app, "1.0.2");
    var plan = plan(Version.of("1.0.2"), Gate.MANUAL, Duration.ZERO, "5 %", "100 %");
    assertThat(problem(post(channelPath(app) + "/rollouts", plan), 409).slug())
        .isEqualTo("rollout-active");

    // When
    var second =
        read(
            post(
                channelPath(app) + "/rollouts",
                new StartRollout(plan.version(), plan.stages(), null, null, null, true, "the fix")),
            RolloutView.class);

    // Then
    assertThat(second.supersedes()).isEqualTo(first.rolloutId());
    assertThat(rollout(app, first.rolloutId()).state()).isEqualTo(RolloutState.SUPERSEDED);
    assertThat(channel(app).hold()).containsExactly(first.version());
    await().atMost(SOON).untilAsserted(() -> assertThat(states(app)).hasSize(3));
    var states = states(app);
    assertThat(states.get(2).rollout().salt()).isEqualTo(states.get(1).rollout().salt());
    order(second, "complete", null).then().statusCode(200);
    assertThat(channel(app).hold()).isEmpty();
    assertThat(channel(app).baseline()).isEqualTo(second.version());
  }

  @Test
  void quarantineIsAboutAllChannelsOrNone() {
    // Given
    var app = registeredApp();
    open(app, BETA);
    var version = published(app, "1.0.1");
    var onProduction = start(app, version, Gate.MANUAL, Duration.ZERO, "5 %", "100 %");
    var onBeta = startOn(app, BETA, version);
    post(path(onBeta) + "/complete", new RolloutOrder("fine", null)).then().statusCode(200);

    // When
    var refused =
        problem(
            post(
                "/v1/apps/" + app + "/quarantine",
                new QuarantineOrder(version, null, "leaks addresses")),
            409);
    var untouched = rollout(app, onProduction.rolloutId()).state();
    var forced =
        read(
            post(
                "/v1/apps/" + app + "/quarantine",
                new QuarantineOrder(version, true, "leaks addresses")),
            Effects.class);

    // Then
    assertThat(refused.slug()).isEqualTo("version-is-baseline");
    assertThat(refused.facts()).containsEntry("channels", List.of("beta"));
    assertThat(untouched).isEqualTo(RolloutState.RUNNING);
    assertThat(forced.events())
        .extracting(it -> it.subject().channel() + " " + it.getClass().getSimpleName())
        .containsExactly(
            "beta VersionQuarantined",
            "beta BaselineReplaced",
            "production RolledBack",
            "production VersionQuarantined");
    assertThat(rollout(app, onProduction.rolloutId()).state()).isEqualTo(RolloutState.ROLLED_BACK);
    assertThat(channel(app).quarantined()).containsExactly(version);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(states(app).getLast().quarantined()).contains(version);
              assertThat(states(app).getLast().rollout()).isNull();
            });
    assertThat(
            problem(
                    post(
                        channelPath(app) + "/rollouts",
                        plan(version, Gate.TIME, Duration.ZERO, "100 %")),
                    409)
                .slug())
        .isEqualTo("version-quarantined");
  }

  @Test
  void haltAllPausesWhatRuns() {
    // Given
    var app = registeredApp();
    open(app, BETA);
    var version = published(app, "1.0.1");
    var one = start(app, version, Gate.MANUAL, Duration.ZERO, "5 %", "100 %");
    var two = startOn(app, BETA, version);

    // When
    var halted =
        read(post("/v1/apps/" + app + "/halt", new RolloutOrder("fire", null)), Effects.class);
    var again =
        read(post("/v1/apps/" + app + "/halt", new RolloutOrder("fire", null)), Effects.class);

    // Then
    assertThat(halted.events()).hasSize(2);
    assertThat(again.events()).isEmpty();
    assertThat(rollout(app, one.rolloutId()).state()).isEqualTo(RolloutState.PAUSED);
    assertThat(rollout(app, two.rolloutId()).state()).isEqualTo(RolloutState.PAUSED);
  }

  @Test
  void retryFromAndIfMatch() {
    // Given
    var app = registeredApp();
    long epoch = channel(app).epoch();
    var from = Instant.now().minusSeconds(60).truncatedTo(ChronoUnit.MILLIS);
    var body = json(new RolloutOrder("the API was down", null, from, null));

    // When
    var stale =
        problem(
            as(ownerKey())
                .header("If-Match", "\"" + (epoch - 1) + "\"")
                .body(body)
                .post(channelPath(app) + "/retry-from"),
            412);
    var done =
        as(ownerKey())
            .header("If-Match", "\"" + epoch + "\"")
            .body(body)
            .post(channelPath(app) + "/retry-from");

    // Then
    assertThat(stale.slug()).isEqualTo("epoch-changed");
    assertThat(done.statusCode()).as(done.asString()).isEqualTo(200);
    assertThat(done.header("ETag")).isEqualTo("\"" + channel(app).epoch() + "\"");
    assertThat(channel(app).retryFrom()).isEqualTo(from);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(states(app).getLast().retryFrom()).isEqualTo(from));
  }

  @Test
  void channelsComeGoAndComeBack() {
    // Given
    var app = registeredApp();
    open(app, BETA);
    var path = "/v1/apps/" + app + "/channels/beta";
    startOn(app, BETA, published(app, "1.0.1"));
    assertThat(problem(as(ownerKey()).delete(path), 409).slug()).isEqualTo("rollout-active");
    var rollout = read(get(path), dev.slipway.contracts.rollout.ChannelView.class).rollout();
    order(rollout, "rollback", null).then().statusCode(200);

    // When
    as(ownerKey()).delete(path).then().statusCode(204);
    int gone = get(path).statusCode();
    open(app, BETA);

    // Then
    assertThat(gone).isEqualTo(404);
    assertThat(get(path).statusCode()).isEqualTo(200);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var records = Suite.records(Topics.CHANNEL_STATES, ChannelState.key(app, BETA));
              assertThat(records).filteredOn(it -> it.value() == null).hasSize(1);
              assertThat(records.getLast().value()).isNotNull();
            });
  }

  @Test
  void overridesHaveTheirRecordAndTheirTombstone() {
    // Given
    var app = registeredApp();
    open(app, BETA);
    var device = DeviceId.of(UUID.randomUUID().toString());
    var path = "/v1/apps/" + app + "/overrides/" + device;

    // When
    var unknown =
        as(ownerKey()).body(json(new OverrideOrder(ChannelName.of("gamma"), "a tester"))).put(path);
    as(ownerKey()).body(json(new OverrideOrder(BETA, "a tester"))).put(path).then().statusCode(200);
    as(ownerKey()).body(json(new OverrideOrder(BETA, "a tester"))).put(path).then().statusCode(200);
    var list = get("/v1/apps/" + app + "/overrides");
    as(ownerKey()).delete(path).then().statusCode(204);

    // Then
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(list.<List<String>>path("items.device_id")).containsExactly(device.text());
    assertThat(get(path).statusCode()).isEqualTo(404);
    assertThat(as(ownerKey()).delete(path).statusCode()).isEqualTo(404);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(Suite.records(Topics.DEVICE_OVERRIDES, DeviceEvent.key(app, device)))
                    .satisfiesExactly(
                        put -> assertThat(put.value()).isNotNull(),
                        gone -> assertThat(gone.value()).isNull()));
  }

  @Test
  void aDeviceIsForgotten() {
    // Given
    var app = registeredApp();
    open(app, BETA);
    var device = DeviceId.of(UUID.randomUUID().toString());
    var key = DeviceEvent.key(app, device);
    var path = "/v1/apps/" + app + "/devices/" + device;
    var override = "/v1/apps/" + app + "/overrides/" + device;
    as(ownerKey()).body(json(new OverrideOrder(BETA, "a tester"))).put(override);

    // When
    var forgotten = as(ownerKey()).delete(path + "?reason=asked");
    var again = as(ownerKey()).delete(path);
    var elsewhere = as(ownerKey()).delete("/v1/apps/com.example.nowhere/devices/" + device);

    // Then
    assertThat(List.of(forgotten.statusCode(), again.statusCode())).containsOnly(204);
    assertThat(elsewhere.statusCode()).isEqualTo(404);
    assertThat(get(override).statusCode()).isEqualTo(404);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(Suite.records(Topics.DEVICE_OVERRIDES, key).getLast().value()).isNull();
              assertThat(Suite.records(Topics.DEVICE_CHANNELS, key).getLast().value()).isNull();
              assertThat(Suite.records(Topics.DEVICE_EVENTS, key))
                  .hasSize(2)
                  .allSatisfy(
                      record ->
                          assertThat(Message.read(Topics.DEVICE_EVENTS, record.value()))
                              .isInstanceOf(DeviceEvent.Forgotten.class));
            });
    var audit = get("/v1/audit?action=device.forget&app=" + app).asString();
    assertThat(audit).contains("asked").doesNotContain(device.text());
  }

  @Test
  void republishSaysEverythingAgainWithARisenEpoch() {
    // Given
    var app = registeredApp();
    long epoch = channel(app).epoch();

    // When
    var said = read(post("/v1/republish", "{}"), Republished.class);

    // Then
    assertThat(said.apps()).isPositive();
    assertThat(said.channels()).isPositive();
    assertThat(said.accessKeys()).isPositive();
    assertThat(channel(app).epoch()).isGreaterThan(epoch);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(states(app).getLast().epoch()).isEqualTo(channel(app).epoch()));
  }

  @Test
  void aPreviewKnowsTheFleetAndChangesNothing() {
    // Given
    var app = registeredApp();
    var version = published(app, "1.0.1");
    fleet(app, 20_000);
    var plan =
        new StartRollout(
            version,
            null,
            null,
            List.of(new Condition.PlatformIn(Set.of(Platform.ANDROID))),
            null,
            null,
            "a look");

    // When
    var path = channelPath(app) + "/rollouts/preview";
    await()
        .atMost(SOON)
        .until(() -> read(post(path, plan), RolloutPreview.class).eligible() != null);
    long epoch = channel(app).epoch();
    var preview = read(post(path, plan), RolloutPreview.class);

    // Then
    assertThat(preview.eligible()).isBetween(18_000L, 22_000L);
    assertThat(preview.refusal()).isNull();
    assertThat(preview.stages()).hasSize(5);
    assertThat(preview.stages().getFirst().devices()).isBetween(990L, 1_010L);
    assertThat(preview.stages().get(1).skipped()).isTrue();
    for (var stage : preview.stages()) {
      assertThat(stage.catches())
          .extracting(RolloutPreview.Catch::failureRate)
          .containsExactly(0.02, 0.03, 0.05, 0.10);
      assertThat(stage.catches()).extracting(RolloutPreview.Catch::caught).isSorted();
    }
    assertThat(preview.stages().getFirst().catches().getLast().caught()).isGreaterThan(0.99);
    assertThat(preview.stages().getFirst().catches().getLast().broken()).isBetween(5.0, 40.0);
    assertThat(channel(app).epoch()).isEqualTo(epoch);
    assertThat(channel(app).rollout()).isNull();
    var faulty =
        new StartRollout(
            version, null, null, List.of(new Condition.OsVersion("x", null)), null, null, "a look");
    var refused = problem(post(path, faulty), 422);
    assertThat(refused.slug()).isEqualTo("targeting-invalid");
    assertThat(refused.facts()).containsEntry("pointer", "/targeting/0/from");
  }

  /// A fleet too small for the gate: each stage's devices are used up before it opens.
  @Test
  void aSmallHealthyFleetIsCarriedToTheEndByItself() {
    // Given
    var app = registeredApp(SecondPerson.NEVER);
    var version = published(app, "1.0.1");
    fleet(app, 40);
    await()
        .atMost(SOON)
        .until(
            () ->
                read(
                            post(
                                channelPath(app) + "/rollouts/preview",
                                plan(version, Gate.EVIDENCE, Duration.ZERO, "50 %", "100 %")),
                            RolloutPreview.class)
                        .eligible()
                    != null);
    var plan =
        new StartRollout(
            version,
            List.of("10 devices", "50 %", "100 %").stream()
                .map(
                    it ->
                        new Stage(
                            dev.slipway.contracts.rollout.Reach.of(it),
                            Duration.ofSeconds(1),
                            Gate.EVIDENCE))
                .toList(),
            impatient(),
            "a small fleet");
    var started = read(post(channelPath(app) + "/rollouts", plan), RolloutView.class);

    // When
    var revision = new java.util.concurrent.atomic.AtomicLong();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              var now = rollout(app, started.rolloutId());
              if (now.state() == RolloutState.COMPLETED) return true;
              long exposed = 42L * now.exposure().ppm() / 1_000_000;
              Suite.say(
                  Topics.ROLLOUT_VERDICTS,
                  now.rolloutId().text(),
                  well(now, revision.incrementAndGet(), exposed));
              return false;
            });

    // Then
    assertThat(channel(app).baseline()).isEqualTo(version);
    await().atMost(SOON).until(() -> kinds(app).contains("RolloutCompleted"));
    var openings =
        Suite.events(app).stream()
            .filter(StageEntered.class::isInstance)
            .map(it -> ((StageEntered) it).opening())
            .toList();
    assertThat(openings)
        .startsWith(RolloutEvent.Opening.START)
        .contains(RolloutEvent.Opening.USED_UP)
        .doesNotContain(RolloutEvent.Opening.EVIDENCE);
  }

  private static Policy impatient() {
    return Policy.CAUTIOUS.with(
        asked -> {
          asked.minAttempts = 1;
          asked.minFailures = 1;
          asked.minNetworks = 1;
          asked.minSoak = Duration.ZERO;
        });
  }

  private static Verdict well(RolloutView about, long revision, long attempts) {
    return new Verdict(
        about.rolloutId(),
        about.appId(),
        about.channel(),
        revision,
        Health.INCONCLUSIVE,
        Action.NONE,
        about.stage(),
        new Verdict.Counts(attempts, 0, 0, attempts, 3),
        1,
        1,
        new TreeMap<>(),
        new TreeMap<>(),
        "config",
        "none failed",
        Instant.now());
  }

  private static void fleet(AppId app, int devices) {
    var sketch = new DeviceSketch();
    for (int i = 0; i < devices; i++) {
      sketch.add(DeviceId.of("00000000-0000-0000-0000-%012x".formatted(i)));
    }
    var size =
        new FleetSize(
            app,
            Suite.PRODUCTION,
            "edge-1",
            1,
            List.of(new FleetSize.Sketch(Platform.ANDROID, "1.0.0", sketch.registers())),
            Instant.now());
    Suite.say(Topics.FLEET_SIZES, size.key(), size);
  }

  private static RolloutView draft(AppId app, Version version) {
    var response =
        post(channelPath(app) + "/drafts", plan(version, Gate.MANUAL, Duration.ZERO, "100 %"));
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(201);
    return read(response, RolloutView.class);
  }

  private static void open(AppId app, ChannelName name) {
    as(ownerKey())
        .body(json(ChannelRules.DEFAULT))
        .put("/v1/apps/" + app + "/channels/" + name)
        .then()
        .statusCode(200);
  }

  private static RolloutView startOn(AppId app, ChannelName name, Version version) {
    var response =
        post(
            "/v1/apps/" + app + "/channels/" + name + "/rollouts",
            plan(version, Gate.MANUAL, Duration.ZERO, "5 %", "100 %"));
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(201);
    return read(response, RolloutView.class);
  }

  private static List<String> kinds(AppId app) {
    return Suite.events(app).stream().map(it -> it.getClass().getSimpleName()).toList();
  }

  private static String path(RolloutView rollout) {
    return "/v1/apps/" + rollout.appId() + "/rollouts/" + rollout.rolloutId();
  }
}
