package dev.slipway.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import dev.slipway.decisions.Replay;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

/// A rollout of which a twelfth fails, as telemetry judged it, and what a replay makes of it.
class RerunTest {

  private static final RolloutId ROLLOUT = RolloutId.of("01234567-89ab-cdef-0123-456789abcdef");
  private static final AppId APP = AppId.of("com.example.app");
  private static final ChannelName CHANNEL = ChannelName.of("production");
  private static final Version VERSION = Version.of("1.4.2");
  private static final Instant START = Instant.parse("2026-11-25T01:00:00Z");
  private static final Policy POLICY = Policy.forBaseRate(0.01, true);
  private static final Policy STRICTER = policy(1e-6, POLICY.tolerated());
  private static final int PARTITION = 2;
  private static final long FIRST_OFFSET = 1_000;
  private static final long SEED = 20_261_125;

  private final List<OutcomeDelta> deltas = deltas();

  @Test
  void whatTelemetrySaidComesOutAgain() {
    // Given
    var run = new Rerun(recorded(verdicts()), STRICTER, null, null);

    // When
    replay(run, deltas);

    // Then
    var report = ReplayReport.of(run, null);
    assertThat(report.match()).isTrue();
    assertThat(report.verdicts()).isGreaterThan(10).isEqualTo(report.reproduced());
    assertThat(report.differences()).isEmpty();
    assertThat(report.deltas()).isEqualTo(deltas.size());
    var own = first(report.recorded(), Action.ROLL_BACK);
    var asked = report.asked();
    assertThat(asked).isNotNull();
    assertThat(first(asked, Action.PAUSE).attempts())
        .isGreaterThan(first(report.recorded(), Action.PAUSE).attempts());
    assertThat(own.attempts()).isGreaterThanOrEqualTo(POLICY.minAttempts());
  }

  @Test
  void aSingleBitIsSeen() {
    // Given
    var verdicts = new ArrayList<>(verdicts());
    var last = verdicts.removeLast();
    verdicts.add(withEvidence(last, Math.nextUp(last.evidence())));
    var run = new Rerun(recorded(verdicts), null, null, null);

    // When
    replay(run, deltas);

    // Then
    var report = ReplayReport.of(run, null);
    assertThat(report.match()).isFalse();
    assertThat(report.reproduced()).isEqualTo(report.verdicts() - 1);
    assertThat(report.reason()).isNull();
    assertThat(report.differences())
        .singleElement()
        .satisfies(
            unlike -> {
              assertThat(unlike.revision()).isEqualTo(last.revision());
              assertThat(unlike.replayed()).isEqualTo(last.evidence());
            });
    assertThat(lines(report)).contains("1 of " + report.verdicts() + " verdicts on record do not");
  }

  @Test
  void deltasThatAreDeletedAlreadyAreTheReason() {
    // Given
    var run = new Rerun(recorded(verdicts()), null, null, null);

    // When
    for (int i = 20; i < deltas.size(); i++) run.add(deltas.get(i), PARTITION, FIRST_OFFSET + i);

    // Then
    var report = ReplayReport.of(run, START.plusSeconds(10));
    assertThat(report.match()).isFalse();
    assertThat(report.reason())
        .contains("started at " + START, "before " + START.plusSeconds(10), "deleted already");
  }

  @Test
  void otherRulesAreTheReason() {
    // Given
    var verdicts = verdicts().stream().map(RerunTest::ofOtherRules).toList();
    var run = new Rerun(recorded(verdicts), null, null, null);

    // When
    replay(run, deltas.subList(0, 1));

    // Then
    assertThat(ReplayReport.of(run, null).reason()).contains("other rules", Judge.RULES);
  }

  @Test
  void anImpossibleDeltaIsPassedOverAsTelemetryDoes() {
    // Given
    var run = new Rerun(recorded(verdicts()), null, null, null);
    var impossible = delta(999, List.of(new Count(0, Platform.IOS, "nobody", 1, 2, 0)));

    // When
    for (int i = 0; i < deltas.size(); i++) {
      run.add(deltas.get(i), PARTITION, FIRST_OFFSET + i);
      if (i == 3) run.add(impossible, PARTITION, FIRST_OFFSET - 1);
    }

    // Then
    assertThat(run.impossible()).isEqualTo(1);
    assertThat(run.isReproduced()).isTrue();
  }

  @Test
  void aWindowIsJudgedByItself() {
    // Given
    var from = deltas.get(10).flushedAt();
    var to = deltas.get(20).flushedAt();
    var run = new Rerun(recorded(verdicts()), POLICY, from, to);

    // When
    replay(run, deltas);

    // Then
    assertThat(run.isReproduced()).isTrue();
    assertThat(run.other().orElseThrow().deltas()).isEqualTo(10);
  }

  @Test
  void theTableSaysWhatEachOfTheSettingsDecidedAndWhen() {
    // Given
    var run = new Rerun(recorded(verdicts()), STRICTER, null, null);
    replay(run, deltas);
    var report = ReplayReport.of(run, null);

    // When
    String table = lines(report);

    // Then
    assertThat(table)
        .contains(
            "com.example.app/production 1.4.2  " + ROLLOUT,
            "all " + report.verdicts() + " verdicts on record come out again, to the bit",
            "recorded",
            "asked",
            "0.1 %",
            "0.0001 %",
            "rolls back",
            "devices failed to start 1.4.2; the app's usual rate is 1.0 %");
    assertThat(table).doesNotContain("incident", "%n");
  }

  @Test
  void severalRolloutsAreARowEach() {
    // Given
    var same = new Rerun(recorded(verdicts()), null, null, null);
    replay(same, deltas);
    var gone = new Rerun(recorded(verdicts()), null, null, null);

    // When
    String rows =
        String.join(
            "\n",
            new ReplayText(terminal())
                .rollouts(
                    List.of(
                        ReplayReport.of(same, null),
                        ReplayReport.of(gone, START.plusSeconds(3_600)))));

    // Then
    assertThat(rows.lines().toList().get(1)).contains("yes", "unhealthy, roll back after");
    assertThat(rows.lines().toList().get(2)).contains("no: 0/");
    assertThat(rows.lines().toList().get(3)).contains("deleted already");
  }

  @Test
  void theChartIsWellFormedAndShowsThresholdsLinesAndMarks() throws Exception {
    // Given
    var run = new Rerun(recorded(verdicts()), STRICTER, null, null);
    replay(run, deltas);

    // When
    String svg = Chart.svg(ReplayReport.of(run, null));

    // Then
    keepIfAsked(svg);
    var document =
        DocumentBuilderFactory.newDefaultNSInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));
    assertThat(document.getElementsByTagName("polyline").getLength()).isEqualTo(2);
    assertThat(document.getElementsByTagName("circle").getLength()).isGreaterThanOrEqualTo(4);
    assertThat(svg)
        .contains(
            "1/alpha = 1,000: unhealthy (recorded)",
            "1/alpha = 1.0e+6: unhealthy (asked)",
            "20: no stage opens",
            "rolls back at ")
        .doesNotContain("NaN", "Infinity");
    assertThat(svg.length()).isLessThan(60_000);
    assertThat(Chart.svg(ReplayReport.of(run, null))).isEqualTo(svg);
  }

  @Test
  void aChartOfNothingIsWellFormed() throws Exception {
    // Given
    var run = new Rerun(recorded(List.of()), null, null, null);

    // When
    String svg = Chart.svg(ReplayReport.of(run, null));

    // Then
    assertThat(svg).doesNotContain("NaN", "Infinity");
    assertThat(lines(ReplayReport.of(run, null))).contains("no verdict is on record");
  }

  @Test
  void aLongRolloutIsDrawnWithBoundedPoints() {
    // Given
    var run = new Rerun(recorded(List.of()), null, null, null);

    // When
    for (int i = 0; i < 20_000; i++) {
      run.add(delta(i, List.of(new Count(0, Platform.IOS, "n" + i % 30, 1, 0, 0))), PARTITION, i);
    }

    // Then
    var points = run.own().points();
    assertThat(points).hasSizeBetween(400, 1_001);
    assertThat(points.getLast().attempts()).isEqualTo(20_000);
    assertThat(points).extracting(Track.Point::attempts).isSorted();
  }

  /// `-Dslipway.chart=FILE` keeps the chart to be looked at.
  private static void keepIfAsked(String svg) throws IOException {
    String file = System.getProperty("slipway.chart");
    if (file != null) Files.writeString(Path.of(file), svg);
  }

  private static Track.Mark first(ReplayReport.Judged judged, Action action) {
    return judged.marks().stream()
        .filter(mark -> mark.action() == action)
        .findFirst()
        .orElseThrow();
  }

  private static void replay(Rerun run, List<OutcomeDelta> deltas) {
    for (int i = 0; i < deltas.size(); i++) run.add(deltas.get(i), PARTITION, FIRST_OFFSET + i);
  }

  private String lines(ReplayReport report) {
    return String.join("\n", new ReplayText(terminal()).rollout(report));
  }

  private static Terminal terminal() {
    var nowhere = new PrintWriter(new StringWriter());
    return new Terminal(nowhere, nowhere, false, false, ZoneOffset.UTC);
  }

  private static List<OutcomeDelta> deltas() {
    var random = new SplittableRandom(SEED);
    var all = new ArrayList<OutcomeDelta>();
    for (int i = 0; i < 60; i++) {
      var counts = new ArrayList<Count>();
      for (int device = 0; device < 8; device++) {
        long failed = random.nextInt(12) == 0 ? 1 : 0;
        counts.add(
            new Count(
                0,
                random.nextBoolean() ? Platform.IOS : Platform.ANDROID,
                "network-" + random.nextInt(60),
                1,
                failed,
                1 - failed));
      }
      all.add(delta(i, counts));
    }
    return all;
  }

  private static OutcomeDelta delta(int number, List<Count> counts) {
    var exclusions = new TreeMap<String, Long>();
    if (number % 7 == 0) exclusions.put("not-exposed", 1L);
    return new OutcomeDelta(
        ROLLOUT,
        APP,
        CHANNEL,
        number % 4,
        counts,
        exclusions,
        new TreeMap<>(),
        START.plusMillis(500L * number));
  }

  /// What telemetry says: not after each delta, and as it travels.
  private List<Verdict> verdicts() {
    var replay = new Replay(VERSION, POLICY, Judge.USUAL_HEALTH);
    var said = new ArrayList<Verdict>();
    var exclusions = new TreeMap<String, Long>();
    for (int i = 0; i < deltas.size(); i++) {
      var judgement = replay.add(deltas.get(i));
      deltas.get(i).exclusions().forEach((key, n) -> exclusions.merge(key, n, Long::sum));
      if (i % 4 == 3) said.add(travelled(verdict(judgement, said.size() + 1, i, exclusions)));
    }
    return said;
  }

  private static Verdict verdict(
      Judgement judgement, long revision, int index, TreeMap<String, Long> reported) {
    var exclusions = new TreeMap<>(reported);
    judgement.exclusions().forEach((key, n) -> exclusions.merge(key, n, Long::sum));
    var offsets = new TreeMap<Integer, Long>();
    offsets.put(PARTITION, FIRST_OFFSET + index + 1);
    return new Verdict(
        ROLLOUT,
        APP,
        CHANNEL,
        revision,
        judgement.health(),
        judgement.action(),
        judgement.stage(),
        judgement.counts(),
        judgement.evidence(),
        judgement.gate(),
        exclusions,
        offsets,
        Judge.digest(POLICY, Judge.USUAL_HEALTH),
        judgement.sentence(),
        START.plusMillis(500L * index + 100),
        judgement.parts(),
        judgement.shortfall());
  }

  private static Verdict travelled(Verdict verdict) {
    try {
      return Json.LENIENT.readValue(Json.LENIENT.writeValueAsBytes(verdict), Verdict.class);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Verdict withEvidence(Verdict of, double evidence) {
    return copy(of, evidence, of.configDigest());
  }

  private static Verdict ofOtherRules(Verdict of) {
    return copy(of, of.evidence(), "sha256:" + "0".repeat(64));
  }

  private static Verdict copy(Verdict of, double evidence, String digest) {
    return new Verdict(
        of.rolloutId(),
        of.appId(),
        of.channel(),
        of.revision(),
        of.health(),
        of.action(),
        of.stage(),
        of.counts(),
        evidence,
        of.gate(),
        of.exclusions(),
        of.offsets(),
        digest,
        of.sentence(),
        of.decidedAt(),
        of.parts(),
        of.shortfall());
  }

  private static Recorded recorded(List<Verdict> verdicts) {
    return new Recorded(ROLLOUT, APP, CHANNEL, VERSION, POLICY, START, verdicts, 0);
  }

  private static Policy policy(double alpha, double tolerated) {
    return POLICY.with(
        asked -> {
          asked.alpha = alpha;
          asked.tolerated = tolerated;
        });
  }
}
