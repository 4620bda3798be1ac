package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import dev.slipway.decisions.Tally;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.verdict.Dossier;
import dev.slipway.telemetry.verdict.Terms;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Adds up the deltas of each rollout in the order of the log and says what they mean: at once when
/// health or action change, else twice a second at most. A rollout whose policy is not known yet is
/// added up all the same and judged when it is.
final class VerdictProcessor implements Processor<String, byte[], String, byte[]> {

  static final String DOSSIERS = "dossiers";
  static final String EVIDENCE_COUNTS = "evidence-counts";

  static final Duration QUIET = Duration.ofMillis(500);

  private static final Logger LOG = Logger.getLogger(VerdictProcessor.class);
  private static final int MAX_STAGE = 99;
  private static final Duration SWEEP = Duration.ofHours(1);

  /// A little longer than the deltas themselves.
  private static final Duration KEPT = Duration.ofDays(100);

  private final TelemetryMetrics metrics;
  private final Map<RolloutId, Bench> benches = new HashMap<>();
  private final TreeSet<RolloutId> due = new TreeSet<>();

  @SuppressWarnings("NullAway.Init")
  private ProcessorContext<String, byte[]> context;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Dossier> dossiers;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Count> counts;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, ChannelState> plans;

  VerdictProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  /// What is in the stores, ready to be judged.
  private static final class Bench {
    private final Tally tally = new Tally();
    private @Nullable Judge judge;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    dossiers = context.getStateStore(DOSSIERS);
    counts = context.getStateStore(EVIDENCE_COUNTS);
    plans = context.getStateStore(PlanProcessor.PLANS);
    try (var all = dossiers.all()) {
      all.forEachRemaining(
          entry -> {
            if (entry.value.due()) due.add(entry.value.rolloutId());
          });
    }
    context.schedule(QUIET, PunctuationType.WALL_CLOCK_TIME, this::sayWhatIsDue);
    context.schedule(SWEEP, PunctuationType.WALL_CLOCK_TIME, _ -> sweep());
  }

  @Override
  public void process(Record<String, byte[]> record) {
    var from = context.recordMetadata().orElseThrow();
    OutcomeDelta delta;
    Bench bench;
    try {
      delta = Message.read(Topics.OUTCOME_DELTAS, record.value());
      check(delta, record.key());
      bench = benches.computeIfAbsent(delta.rolloutId(), this::load);
      addTo(bench.tally, delta);
    } catch (MalformedRecordException e) {
      metrics.deadLetter();
      context.forward(
          Outgoing.deadLetter(record, from, e, context.currentSystemTimeMs()),
          TelemetryTopology.DEAD_DELTAS);
      return;
    }
    for (Count count : delta.counts()) {
      String key = CountKey.of(delta.rolloutId(), count);
      Count before = counts.get(key);
      counts.put(key, before == null ? count : CountKey.sum(before, count));
    }
    Dossier known = dossiers.get(delta.rolloutId().text());
    Dossier dossier =
        withTerms(known == null ? Dossier.open(delta) : known)
            .with(delta, from.partition(), from.offset() + 1);
    Terms terms = dossier.terms();
    if (terms != null) {
      var judgement = judge(bench, terms, dossier);
      if (dossier.isUrgent(judgement)) {
        say(dossier, judgement, terms);
        return;
      }
    }
    dossiers.put(delta.rolloutId().text(), dossier);
    due.add(delta.rolloutId());
  }

  private void sayWhatIsDue(long now) {
    for (var rolloutId : List.copyOf(due)) {
      Dossier known = dossiers.get(rolloutId.text());
      if (known == null) {
        due.remove(rolloutId);
        continue;
      }
      Dossier dossier = withTerms(known);
      Terms terms = dossier.terms();
      // Without its policy nothing can be said; the next round asks again.
      if (terms == null) continue;
      var judgement = judge(benches.computeIfAbsent(rolloutId, this::load), terms, dossier);
      if (dossier.isNews(judgement)) {
        say(dossier, judgement, terms);
      } else {
        dossiers.put(rolloutId.text(), dossier.settled());
        due.remove(rolloutId);
      }
    }
  }

  private static Judgement judge(Bench bench, Terms terms, Dossier dossier) {
    Judge judge = bench.judge;
    if (judge == null) {
      judge = new Judge(terms.version(), terms.policy());
      bench.judge = judge;
    }
    return judge.judge(bench.tally, dossier.lastJudged());
  }

  private void say(Dossier dossier, Judgement judgement, Terms terms) {
    long now = context.currentSystemTimeMs();
    var at = Instant.ofEpochMilli(now);
    Verdict verdict = dossier.verdict(judgement, terms, at);
    dossiers.put(dossier.rolloutId().text(), dossier.said(verdict));
    due.remove(dossier.rolloutId());
    metrics.verdict(verdict);
    if (dossier.isUrgent(judgement)) {
      LOG.infof(
          "Verdict: rollout=%s health=%s action=%s revision=%d",
          dossier.rolloutId(), verdict.health(), verdict.action(), verdict.revision());
      context.commit();
    }
    context.forward(
        Outgoing.message(
            Message.of(Topics.ROLLOUT_VERDICTS, dossier.rolloutId().text(), verdict, at), now),
        TelemetryTopology.VERDICTS);
  }

  private Dossier withTerms(Dossier dossier) {
    if (dossier.terms() != null) return dossier;
    var plan = plans.get(ChannelState.key(dossier.appId(), dossier.channel()));
    return plan == null
        ? dossier
        : Terms.of(dossier.rolloutId(), plan).map(dossier::with).orElse(dossier);
  }

  private Bench load(RolloutId rolloutId) {
    var bench = new Bench();
    try (var rows = counts.range(CountKey.first(rolloutId), CountKey.last(rolloutId))) {
      rows.forEachRemaining(row -> bench.tally.add(row.value));
    }
    return bench;
  }

  /// All of the delta or nothing of it.
  private void addTo(Tally tally, OutcomeDelta delta) {
    try {
      delta.counts().forEach(tally::add);
    } catch (IllegalArgumentException e) {
      benches.remove(delta.rolloutId());
      throw new MalformedRecordException("impossible counts", e);
    }
  }

  private static void check(OutcomeDelta delta, @Nullable String key) {
    if (delta.rolloutId() == null || !delta.rolloutId().text().equals(key)) {
      throw new MalformedRecordException("the key names another rollout");
    }
    if (delta.appId() == null || delta.channel() == null || delta.flushedAt() == null) {
      throw new MalformedRecordException("no app_id, channel or flushed_at");
    }
    if (delta.exclusions().containsValue(null)) {
      throw new MalformedRecordException("an exclusion without a number");
    }
    for (Count count : delta.counts()) {
      if (count.platform() == null || count.network() == null) {
        throw new MalformedRecordException("a count without platform or network");
      }
      if (count.stage() < 0 || count.stage() > MAX_STAGE) {
        throw new MalformedRecordException("a stage is not between 0 and " + MAX_STAGE);
      }
    }
  }

  /// Forgets rollouts that have ended long ago, by the time of the log.
  private void sweep() {
    var before = Instant.ofEpochMilli(context.currentStreamTimeMs()).minus(KEPT);
    var forgotten = new ArrayList<RolloutId>();
    try (var all = dossiers.all()) {
      all.forEachRemaining(
          entry -> {
            if (entry.value.touchedAt().isBefore(before)) forgotten.add(entry.value.rolloutId());
          });
    }
    for (var rolloutId : forgotten) {
      var keys = new ArrayList<String>();
      try (var rows = counts.range(CountKey.first(rolloutId), CountKey.last(rolloutId))) {
        rows.forEachRemaining(row -> keys.add(row.key));
      }
      keys.forEach(counts::delete);
      dossiers.delete(rolloutId.text());
      benches.remove(rolloutId);
      due.remove(rolloutId);
    }
  }
}
