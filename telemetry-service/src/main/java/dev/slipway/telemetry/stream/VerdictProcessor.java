package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.Baseline.Rate;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Evidence;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.verdict.Course;
import dev.slipway.telemetry.verdict.Dossier;
import dev.slipway.telemetry.verdict.Terms;
import dev.slipway.telemetry.verdict.Usual;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Adds up the deltas of each rollout in the order of the log and says what they mean: at once when
/// health or action change, twice a second at most when attempts to start do, every ten seconds
/// when the rest does. The deltas of a rollout whose terms are not known yet wait, so that they are
/// added one by one, as a replay adds them.
final class VerdictProcessor implements Processor<String, byte[], String, byte[]> {

  static final String DOSSIERS = "dossiers";
  static final String EVIDENCE_COUNTS = "evidence-count-log";
  static final String EVIDENCE_MEMORIES = "evidence-memories";
  static final String WAITING_DELTAS = "waiting-deltas";

  static final Duration QUIET = Duration.ofMillis(500);

  private static final Logger LOG = Logger.getLogger(VerdictProcessor.class);
  private static final int MAX_STAGE = 99;
  private static final Duration SWEEP = Duration.ofHours(1);
  private static final Duration POOL = Duration.ofSeconds(2);

  /// Figures of a completed rollout go on changing: late failures, users who come back.
  private static final Duration POOL_AGAIN = Duration.ofHours(1);

  private static final Duration POOLED_FOR = Duration.ofDays(7);

  /// A little longer than the deltas themselves.
  private static final Duration KEPT = Duration.ofDays(100);

  /// After this time without its terms a rollout is said to be unexplained.
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final TelemetryMetrics metrics;
  private final Map<RolloutId, Bench> benches = new HashMap<>();
  private final TreeSet<RolloutId> due = new TreeSet<>();
  private final TreeSet<RolloutId> unexplained = new TreeSet<>();

  /// Rollouts that may still go into a baseline.
  private final TreeSet<RolloutId> open = new TreeSet<>();

  @SuppressWarnings("NullAway.Init")
  private ProcessorContext<String, byte[]> context;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Dossier> dossiers;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, List<Count>> counts;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Evidence.Memory> memories;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, OutcomeDelta> waiting;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, ChannelState> plans;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Course> courses;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Baseline> baselines;

  VerdictProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  /// What is in the stores, ready to be judged.
  private record Bench(Evidence evidence, CountLog counts, Judge judge) {}

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    dossiers = context.getStateStore(DOSSIERS);
    counts = context.getStateStore(EVIDENCE_COUNTS);
    memories = context.getStateStore(EVIDENCE_MEMORIES);
    waiting = context.getStateStore(WAITING_DELTAS);
    plans = context.getStateStore(PlanProcessor.PLANS);
    courses = context.getStateStore(CourseProcessor.COURSES);
    baselines = context.getStateStore(BaselineProcessor.BASELINES);
    // A task whose transaction failed begins again here, with what the stores held before it.
    benches.clear();
    due.clear();
    open.clear();
    unexplained.clear();
    try (var all = dossiers.all()) {
      all.forEachRemaining(
          entry -> {
            open.add(entry.value.rolloutId());
            if (entry.value.due()) due.add(entry.value.rolloutId());
          });
    }
    context.schedule(QUIET, PunctuationType.WALL_CLOCK_TIME, this::sayWhatIsDue);
    context.schedule(POOL, PunctuationType.WALL_CLOCK_TIME, this::pool);
    context.schedule(SWEEP, PunctuationType.WALL_CLOCK_TIME, _ -> sweep());
  }

  @Override
  public void process(Record<String, byte[]> record) {
    var from = context.recordMetadata().orElseThrow();
    try {
      OutcomeDelta delta = Message.read(Topics.OUTCOME_DELTAS, record.value());
      check(delta, record.key());
      Dossier known = dossiers.get(delta.rolloutId().text());
      if (known == null) {
        known = Dossier.open(delta);
        open.add(delta.rolloutId());
      }
      Dossier dossier = withTerms(known);
      if (dossier.terms() == null) {
        waiting.put(RolloutKeys.of(delta.rolloutId(), from.offset()), delta);
        dossiers.put(delta.rolloutId().text(), dossier.waiting());
        due.add(delta.rolloutId());
        return;
      }
      add(addWaiting(dossier, from.partition()), delta, from.partition(), from.offset());
    } catch (MalformedRecordException e) {
      metrics.deadLetter();
      context.forward(
          Outgoing.deadLetter(record, from, e, context.currentSystemTimeMs()),
          TelemetryTopology.DEAD_DELTAS);
    }
  }

  /// Adds a delta and says what follows, if that is urgent.
  private Dossier add(Dossier before, OutcomeDelta delta, int partition, long offset) {
    var rollout = delta.rolloutId();
    Terms terms = before.terms();
    if (terms == null) throw new IllegalStateException("terms come first");
    Bench bench = bench(rollout, terms);
    try {
      bench.evidence().add(delta);
    } catch (IllegalArgumentException e) {
      // All of the delta or nothing of it.
      benches.remove(rollout);
      dossiers.put(rollout.text(), before);
      throw new MalformedRecordException("impossible counts", e);
    }
    boolean compared = false;
    bench.counts().add(delta.counts());
    for (Count count : delta.counts()) {
      compared |= count.signal() == Signal.HEALTH || count.signal() == Signal.SILENCE;
    }
    if (compared) memories.put(rollout.text(), bench.evidence().memory());
    var judgement = bench.judge().judge(bench.evidence(), before.lastJudged());
    var seen = judgement.counts();
    Dossier dossier =
        before.with(
            delta,
            partition,
            offset + 1,
            seen.attempts() == 0 ? 0 : seen.confirmed() / (double) seen.attempts());
    if (dossier.isUrgent(judgement)) return say(dossier, judgement, terms);
    dossiers.put(rollout.text(), dossier);
    due.add(rollout);
    return dossier;
  }

  /// Adds what had to wait for the terms, in the order of the log.
  private Dossier addWaiting(Dossier dossier, int partition) {
    var deltas = new TreeMap<String, OutcomeDelta>();
    try (var rows =
        waiting.range(
            RolloutKeys.first(dossier.rolloutId()), RolloutKeys.last(dossier.rolloutId()))) {
      rows.forEachRemaining(row -> deltas.put(row.key, row.value));
    }
    Dossier now = dossier;
    for (var entry : deltas.entrySet()) {
      waiting.delete(entry.getKey());
      long offset = RolloutKeys.number(entry.getKey());
      try {
        now = add(now, entry.getValue(), partition, offset);
      } catch (MalformedRecordException e) {
        metrics.deadLetter();
        LOG.errorf(
            "A delta that waited is passed over: rollout=%s offset=%d reason=%s",
            dossier.rolloutId(), offset, e.getMessage());
      }
    }
    return now;
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
      // Without its terms nothing can be said; the next round asks again.
      if (terms == null) {
        explain(dossier, now);
        continue;
      }
      unexplained.remove(rolloutId);
      dossier = addWaiting(dossier, context.taskId().partition());
      Bench bench = bench(rolloutId, terms);
      var judgement = bench.judge().judge(bench.evidence(), dossier.lastJudged());
      switch (dossier.news(judgement, Instant.ofEpochMilli(now))) {
        case NOW -> say(dossier, judgement, terms);
        case LATER -> dossiers.put(rolloutId.text(), dossier);
        case NONE -> {
          dossiers.put(rolloutId.text(), dossier.settled());
          due.remove(rolloutId);
        }
      }
    }
  }

  private void explain(Dossier dossier, long now) {
    if (Instant.ofEpochMilli(now).isBefore(dossier.touchedAt().plus(PATIENCE))) return;
    if (!unexplained.add(dossier.rolloutId())) return;
    metrics.unexplained();
    LOG.warnf(
        "Devices report about a rollout whose policy is not known, neither from its channel's state"
            + " nor from rollout-events; its deltas are kept and judged when it is: rollout=%s"
            + " app=%s channel=%s",
        dossier.rolloutId(), dossier.appId(), dossier.channel());
  }

  private Dossier say(Dossier dossier, Judgement judgement, Terms terms) {
    long now = context.currentSystemTimeMs();
    var at = Instant.ofEpochMilli(now);
    Verdict verdict = dossier.verdict(judgement, terms, at);
    Dossier said = dossier.said(verdict);
    dossiers.put(dossier.rolloutId().text(), said);
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
    return said;
  }

  private Dossier withTerms(Dossier dossier) {
    if (dossier.terms() != null) return dossier;
    return Terms.of(
            dossier.rolloutId(),
            plans.get(ChannelState.key(dossier.appId(), dossier.channel())),
            courses.get(dossier.rolloutId().text()),
            Usual.health(baselines.get(dossier.appId().text())))
        .map(dossier::with)
        .orElse(dossier);
  }

  private Bench bench(RolloutId rolloutId, Terms terms) {
    Bench known = benches.get(rolloutId);
    if (known != null) return known;
    var memory = memories.get(rolloutId.text());
    var evidence = new Evidence(terms.policy(), memory == null ? Evidence.Memory.EMPTY : memory);
    var all = CountLog.read(rolloutId, counts);
    all.forEach(evidence::sum);
    var bench =
        new Bench(evidence, all, new Judge(terms.version(), terms.policy(), terms.usualHealth()));
    benches.put(rolloutId, bench);
    return bench;
  }

  private static void check(OutcomeDelta delta, @Nullable String key) {
    if (delta.rolloutId() == null || !delta.rolloutId().text().equals(key)) {
      throw new MalformedRecordException("the key names another rollout");
    }
    if (delta.appId() == null || delta.channel() == null || delta.flushedAt() == null) {
      throw new MalformedRecordException("no app_id, channel or flushed_at");
    }
    if (delta.exclusions().containsValue(null) || delta.returns().containsValue(null)) {
      throw new MalformedRecordException("an exclusion or return without a number");
    }
    for (Count count : delta.counts()) {
      if (count.platform() == null
          || count.network() == null
          || count.signal() == null
          || count.arm() == null
          || count.sender() == null) {
        throw new MalformedRecordException("a count that does not say of what");
      }
      if (count.stage() < 0 || count.stage() > MAX_STAGE) {
        throw new MalformedRecordException("a stage is not between 0 and " + MAX_STAGE);
      }
    }
  }

  /// The figures of completed rollouts become what is usual of their apps. Two rollouts of one app
  /// that are completed within the same moment on different partitions may overwrite each other;
  /// the next round, which finds its part missing, puts it back.
  private void pool(long millis) {
    var now = Instant.ofEpochMilli(millis);
    for (var rollout : List.copyOf(open)) {
      var course = courses.get(rollout.text());
      if (course == null || !course.isCompleted() && course.rolledBackAt() == null) continue;
      Dossier dossier = dossiers.get(rollout.text());
      var completed = course.completedAt();
      if (dossier == null
          || completed == null
          || !course.isCompleted()
          || completed.plus(POOLED_FOR).isBefore(now)) {
        open.remove(rollout);
        benches.remove(rollout);
        metrics.forget(rollout);
        continue;
      }
      // Its last deltas are still on their way.
      if (now.isBefore(completed.plus(POOL))) continue;
      var known = baselines.get(dossier.appId().text());
      var pooledAt = dossier.pooledAt();
      boolean isIn =
          known != null
              && known.parts().stream().anyMatch(part -> part.rolloutId().equals(rollout));
      if (pooledAt != null
          && now.isBefore(pooledAt.plus(isIn ? POOL_AGAIN : QUIET.multipliedBy(20)))) {
        continue;
      }
      var part =
          new Baseline.Part(
              rollout, completed, rates(rollout), dossier.shares(), dossier.returns());
      var baseline = Usual.with(known, dossier.appId(), part, now);
      context.forward(
          Outgoing.message(
              Message.of(Topics.BASELINES, dossier.appId().text(), baseline, now), millis),
          TelemetryTopology.BASELINES);
      dossiers.put(rollout.text(), dossier.pooled(now));
    }
  }

  private List<Rate> rates(RolloutId rollout) {
    var sums = new TreeMap<Signal, TreeMap<Platform, long[]>>();
    CountLog.read(rollout, counts)
        .forEach(
            count -> {
              boolean usual =
                  count.sender() != Sender.EMULATOR
                      && (count.arm() == Arm.EXPOSED || count.signal() == Signal.HEALTH);
              if (!usual) return;
              long[] sum =
                  sums.computeIfAbsent(count.signal(), _ -> new TreeMap<>())
                      .computeIfAbsent(count.platform(), _ -> new long[2]);
              sum[0] += count.attempts();
              sum[1] += count.failures();
            });
    var rates = new ArrayList<Rate>();
    sums.forEach(
        (signal, platforms) ->
            platforms.forEach(
                (platform, sum) -> rates.add(new Rate(signal, platform, sum[0], sum[1]))));
    return rates;
  }

  /// Forgets rollouts that have ended long ago, by the time of the log.
  private void sweep() {
    var before = Instant.ofEpochMilli(context.currentStreamTimeMs()).minus(KEPT);
    var forgotten = new ArrayList<Dossier>();
    try (var all = dossiers.all()) {
      all.forEachRemaining(
          entry -> {
            if (entry.value.touchedAt().isBefore(before)) forgotten.add(entry.value);
          });
    }
    for (var dossier : forgotten) {
      var rolloutId = dossier.rolloutId();
      clear(counts, rolloutId);
      clear(waiting, rolloutId);
      memories.delete(rolloutId.text());
      dossiers.delete(rolloutId.text());
      benches.remove(rolloutId);
      due.remove(rolloutId);
      open.remove(rolloutId);
      unexplained.remove(rolloutId);
      metrics.forget(rolloutId);
      var last = dossier.last();
      if (last == null) continue;
      long now = context.currentSystemTimeMs();
      context.forward(
          Outgoing.message(
              Message.tombstone(
                  Topics.ROLLOUT_VERDICTS,
                  rolloutId.text(),
                  last.revision() + 1,
                  Instant.ofEpochMilli(now)),
              now),
          TelemetryTopology.VERDICTS);
    }
  }

  private static void clear(KeyValueStore<String, ?> store, RolloutId rollout) {
    var keys = new ArrayList<String>();
    try (var rows = store.range(RolloutKeys.first(rollout), RolloutKeys.last(rollout))) {
      rows.forEachRemaining(row -> keys.add(row.key));
    }
    keys.forEach(store::delete);
  }
}
