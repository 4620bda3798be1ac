package dev.slipway.telemetry;

import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Replay;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import dev.slipway.testkit.TopicReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// The packaged service as a process of its own, which is killed while it counts.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServiceProcessIT {

  private static final long SEED = 20261122;
  private static final Path ROOT = Path.of(System.getProperty("slipway.root", ".."));

  /// From the kill of one instance until another one has counted all that was reported.
  private static final Duration RECOVERY = Duration.ofSeconds(15);

  private static final String STANDBY_REPLICAS = "KAFKA_STREAMS_NUM_STANDBY_REPLICAS";
  private static final RolloutId ROLLOUT = RolloutId.of("11111111-2222-3333-4444-555555555555");

  @TempDir static Path stackFolder;

  private static LocalStack stack;
  private static Suite suite;

  @BeforeAll
  static void start() {
    stack = LocalStack.at(stackFolder, ROOT.resolve(".slipway/programs"));
    stack.endWith(ProcessHandle.current());
    stack.start(System.out::println);
    suite = Suite.of(stack, ROOT).onAnyPorts().with(Service.TELEMETRY, STANDBY_REPLICAS, "1");
    suite.start(Service.TELEMETRY, System.out::println);
  }

  @AfterAll
  static void stop() {
    suite.stop(Service.TELEMETRY, System.out::println);
    stack.remove();
  }

  @Test
  @Order(1)
  void killedThriceItCountsEachDeviceOnce() throws Exception {
    // Given
    int devices = 20_000;
    var reports = Fleet.reports(ROLLOUT, 0, devices, 200);
    Collections.shuffle(reports, new Random(SEED));
    var endpoints = stack.endpoints();
    try (var fleet = new Fleet(endpoints.kafka());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name());
        var deltas = TopicReader.fromBeginning(endpoints, Topics.OUTCOME_DELTAS.name())) {
      fleet.rollOut(ROLLOUT);

      // When
      for (int round = 0; round < 3; round++) {
        int parts = reports.size() / 4;
        int before = round;
        fleet.tell(reports.subList(round * parts, (round + 1) * parts));
        verdicts.until(
            all ->
                Fleet.newest(all, ROLLOUT)
                    .filter(verdict -> verdict.counts().attempts() > before * devices / 8)
                    .isPresent(),
            Duration.ofSeconds(60));
        suite.kill(Service.TELEMETRY);
        suite.start(Service.TELEMETRY, System.out::println);
      }
      fleet.tell(reports.subList(reports.size() / 2, reports.size()));

      // Then
      var records =
          verdicts.until(
              all ->
                  Fleet.newest(all, ROLLOUT)
                      .map(verdict -> verdict.counts())
                      .filter(counts -> counts.failures() + counts.confirmed() >= devices)
                      .isPresent(),
              Duration.ofSeconds(90));
      assertThat(Fleet.newest(records, ROLLOUT).orElseThrow().counts())
          .as("seed %s", SEED)
          .isEqualTo(new Counts(devices, 100, 100, devices - 100, 20));
      var all =
          deltas.toEnd().stream()
              .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
              .flatMap(delta -> delta.counts().stream())
              .filter(count -> count.signal() == Baseline.Signal.START)
              .toList();
      assertThat(all.stream().mapToLong(OutcomeDelta.Count::attempts).sum()).isEqualTo(devices);
      suite.status().stream()
          .filter(status -> status.toString().contains("telemetry"))
          .forEach(System.out::println);
    }
  }

  /// The same reports twice, by the same devices: undisturbed, and with a kill in the middle.
  // Within
  /// [#RECOVERY] all is counted. After the session's time the group hands on the partitions, and
  /// after the transaction's, which the broker looks at every two seconds, readers pass what the
  /// dead instance had begun: eight to ten seconds that are waited, not worked.
  @Test
  @Order(2)
  void whenOneOfTwoInstancesIsKilledTheOtherSaysTheSame() throws Exception {
    // Given
    int devices = 4_000;
    var calm = RolloutId.of("22222222-2222-3333-4444-555555555555");
    var disturbed = RolloutId.of("33333333-2222-3333-4444-555555555555");
    var today = LocalDate.now(ZoneOffset.UTC);
    var endpoints = stack.endpoints();
    int port = freePort();
    var second = second(port);
    try (var fleet = new Fleet(endpoints.kafka());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name());
        var deltas = TopicReader.fromBeginning(endpoints, Topics.OUTCOME_DELTAS.name())) {
      await()
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptions()
          .untilAsserted(
              () ->
                  when()
                      .get("http://127.0.0.1:" + port + "/q/health/ready")
                      .then()
                      .statusCode(200));
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(tasks("second-streams"))
                      .as("its own, and copies of those of the first, which had all")
                      .isNotEmpty()
                      .isEqualTo(tasks("telemetry-service/streams")));
      fleet.rollOut(calm);
      fleet.tell(shuffled(calm, devices));
      var undisturbed = lastWord(verdicts, deltas, calm, devices);
      fleet.rollOut(disturbed);
      var reports = shuffled(disturbed, devices);
      fleet.tell(reports.subList(0, reports.size() / 2));
      verdicts.until(
          all ->
              Fleet.newest(all, disturbed)
                  .filter(verdict -> verdict.counts().attempts() > devices / 8)
                  .isPresent(),
          Duration.ofSeconds(90));

      // When
      second.destroyForcibly().waitFor();
      long killed = System.nanoTime();
      fleet.tell(reports.subList(reports.size() / 3, reports.size()));

      // Then
      allCounted(verdicts, disturbed, devices);
      var recovered = Duration.ofNanos(System.nanoTime() - killed);
      System.out.printf(
          "Recovered, and all counted, %d ms after the kill of one of two instances%n",
          recovered.toMillis());
      var verdict = lastWord(verdicts, deltas, disturbed, devices);
      assertThat(recovered).isLessThanOrEqualTo(RECOVERY);
      assertThat(verdict.counts())
          .as("seed %s", SEED)
          .isEqualTo(new Counts(devices, 20, 20, devices - 20, 20));
      // A device counts once a day: whoever starts this before midnight compares two days.
      assumeThat(LocalDate.now(ZoneOffset.UTC)).isEqualTo(today);
      assertThat(content(verdict)).as("seed %s", SEED).isEqualTo(content(undisturbed));
    } finally {
      second.destroyForcibly().waitFor();
    }
  }

  private static void allCounted(TopicReader verdicts, RolloutId rollout, int devices) {
    verdicts.until(
        all ->
            Fleet.newest(all, rollout)
                .map(verdict -> verdict.counts())
                .filter(counts -> counts.failures() + counts.confirmed() >= devices)
                .isPresent(),
        Duration.ofSeconds(120));
  }

  /// Waits for the verdict on all devices, and for that to be what a replay of all deltas says, to
  /// the bit. Every verdict on the way is compared with what the replay says after the same delta.
  private static Verdict lastWord(
      TopicReader verdicts, TopicReader deltas, RolloutId rollout, int devices) {
    allCounted(verdicts, rollout, devices);
    var log =
        deltas.toEnd().stream().filter(record -> record.key().equals(rollout.text())).toList();
    var whole = new Replay(Reports.CANDIDATE, Policy.CAUTIOUS, Judge.USUAL_HEALTH);
    log.forEach(record -> whole.add(Message.read(Topics.OUTCOME_DELTAS, record.value())));
    var said =
        verdicts.until(
            all -> Fleet.newest(all, rollout).filter(whole::says).isPresent(),
            Duration.ofSeconds(60));
    var byOffset =
        said.stream()
            .filter(record -> record.key().equals(rollout.text()))
            .map(record -> Message.read(Topics.ROLLOUT_VERDICTS, record.value()))
            .collect(Collectors.groupingBy(verdict -> verdict.offsets().lastEntry().getValue()));
    var replay = new Replay(Reports.CANDIDATE, Policy.CAUTIOUS, Judge.USUAL_HEALTH);
    int compared = 0;
    for (var record : log) {
      replay.add(Message.read(Topics.OUTCOME_DELTAS, record.value()));
      for (var verdict : byOffset.getOrDefault(record.offset() + 1, List.of())) {
        assertThat(replay.says(verdict)).as("%s", verdict).isTrue();
        compared++;
      }
    }
    System.out.printf("%d deltas, %d verdicts, all to the bit%n", log.size(), compared);
    assertThat(compared)
        .isEqualTo(byOffset.values().stream().mapToInt(List::size).sum())
        .isPositive();
    assertThat(
            log.stream()
                .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
                .flatMap(delta -> delta.counts().stream())
                .filter(count -> count.signal() == Baseline.Signal.START)
                .mapToLong(OutcomeDelta.Count::attempts)
                .sum())
        .isEqualTo(devices);
    return Fleet.newest(said, rollout).orElseThrow();
  }

  /// All that a verdict says, but for where, when and as which revision it was said.
  private static Verdict content(Verdict of) {
    return new Verdict(
        ROLLOUT,
        of.appId(),
        of.channel(),
        0,
        of.health(),
        of.action(),
        of.stage(),
        of.counts(),
        of.evidence(),
        of.gate(),
        of.exclusions(),
        new TreeMap<>(),
        of.configDigest(),
        of.sentence(),
        Instant.EPOCH,
        of.parts(),
        of.shortfall());
  }

  private static List<Reported> shuffled(RolloutId rollout, int devices) {
    var reports = Fleet.reports(rollout, 0, devices, 200);
    Collections.shuffle(reports, new Random(SEED));
    return reports;
  }

  /// The same program as another member of the group.
  private static Process second(int port) throws IOException {
    var command =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-jar",
            ROOT.resolve("telemetry-service/target/quarkus-app/quarkus-run.jar").toString());
    command.environment().putAll(stack.endpoints().environment());
    command.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
    command.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
    command.environment().put("SLIPWAY_INSTANCE", "telemetry-2");
    command.environment().put(STANDBY_REPLICAS, "1");
    command
        .environment()
        .put("KAFKA_STREAMS_STATE_DIR", stackFolder.resolve("second-streams").toString());
    command.redirectErrorStream(true);
    command.redirectOutput(stackFolder.resolve("second.log").toFile());
    return command.start();
  }

  /// Those whose state an instance keeps.
  private static Set<String> tasks(String stateDirectory) throws IOException {
    try (var files = Files.walk(stackFolder.resolve(stateDirectory), 2)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("\\d+_\\d+"))
          .collect(Collectors.toSet());
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
