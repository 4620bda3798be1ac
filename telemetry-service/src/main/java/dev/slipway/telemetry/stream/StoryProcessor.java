package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.story.Story;
import dev.slipway.telemetry.story.Story.Change;
import dev.slipway.telemetry.story.Story.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/// Keeps the story of each device of one partition and says twice a second what it adds to the
/// counts. What was not said yet lies in a store of the same transaction, so that a crash neither
/// loses nor repeats it.
final class StoryProcessor implements Processor<String, byte[], String, byte[]> {

  static final String STORIES = "stories";
  static final String PENDING = "pending";
  static final String PENDING_COUNTS = "pending-counts";

  static final Duration FLUSH = Duration.ofMillis(500);

  private static final Duration SWEEP = Duration.ofSeconds(30);
  private static final int STORIES_PER_SWEEP = 2_000;

  /// Some 160 bytes each: a delta stays well below what a topic takes.
  private static final int COUNTS_PER_DELTA = 2_000;

  private final TelemetryMetrics metrics;

  @SuppressWarnings("NullAway.Init")
  private ProcessorContext<String, byte[]> context;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Story> stories;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Pending> pending;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Count> pendingCounts;

  private String sweptTo = "";

  StoryProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    stories = context.getStateStore(STORIES);
    pending = context.getStateStore(PENDING);
    pendingCounts = context.getStateStore(PENDING_COUNTS);
    context.schedule(FLUSH, PunctuationType.WALL_CLOCK_TIME, this::flush);
    context.schedule(SWEEP, PunctuationType.WALL_CLOCK_TIME, _ -> sweep());
  }

  @Override
  public void process(Record<String, byte[]> record) {
    Reported report;
    Told told;
    try {
      DeviceEvent event = Message.read(Topics.DEVICE_EVENTS, record.value());
      if (!event.key().equals(record.key())) {
        throw new MalformedRecordException("the key names another device");
      }
      switch (event) {
        // Offers matter to the judgement of downloads, not to that of starts.
        case DeviceEvent.Offered _ -> {
          return;
        }
        case DeviceEvent.Tick _ -> {
          return;
        }
        case Reported reported -> report = reported;
      }
      Story before = stories.get(record.key());
      told = (before == null ? Story.EMPTY : before).after(report);
      metrics.report();
      if (!told.story().equals(before == null ? Story.EMPTY : before)) {
        stories.put(record.key(), told.story());
      }
    } catch (MalformedRecordException e) {
      metrics.deadLetter();
      long now = context.currentSystemTimeMs();
      context.forward(
          Outgoing.deadLetter(record, context.recordMetadata().orElseThrow(), e, now),
          TelemetryTopology.DEAD_EVENTS);
      return;
    }
    told.change().ifPresent(change -> add(report, change));
  }

  private void add(Reported report, Change change) {
    metrics.change();
    String rollout = change.rolloutId().text();
    Pending before = pending.get(rollout);
    if (before == null) {
      before = new Pending(report.appId(), change.channel(), new TreeMap<>());
      pending.put(rollout, before);
    }
    if (!change.exclusions().isEmpty()) pending.put(rollout, before.with(change.exclusions()));
    Count count = change.count();
    if (count == null) return;
    String key = CountKey.of(change.rolloutId(), count);
    Count waiting = pendingCounts.get(key);
    pendingCounts.put(key, waiting == null ? count : CountKey.sum(waiting, count));
  }

  private void flush(long now) {
    var rollouts = new TreeMap<String, Pending>();
    try (var all = pending.all()) {
      all.forEachRemaining(entry -> rollouts.put(entry.key, entry.value));
    }
    if (rollouts.isEmpty()) return;
    rollouts.forEach((rollout, what) -> flush(RolloutId.of(rollout), what, now));
    context.commit();
  }

  private void flush(RolloutId rollout, Pending what, long now) {
    var keys = new ArrayList<String>();
    var counts = new ArrayList<Count>();
    try (var rows = pendingCounts.range(CountKey.first(rollout), CountKey.last(rollout))) {
      rows.forEachRemaining(
          row -> {
            keys.add(row.key);
            if (!isNothing(row.value)) counts.add(row.value);
          });
    }
    SortedMap<String, Long> exclusions = what.exclusions();
    for (int from = 0; from < counts.size(); from += COUNTS_PER_DELTA) {
      var part = counts.subList(from, Math.min(counts.size(), from + COUNTS_PER_DELTA));
      say(rollout, what, part, exclusions, now);
      exclusions = new TreeMap<>();
    }
    if (!exclusions.isEmpty()) say(rollout, what, List.of(), exclusions, now);
    keys.forEach(pendingCounts::delete);
    pending.delete(rollout.text());
  }

  /// A success and the failure that overrode it between two flushes, say.
  private static boolean isNothing(Count count) {
    return count.attempts() == 0 && count.failures() == 0 && count.confirmed() == 0;
  }

  private void say(
      RolloutId rollout,
      Pending what,
      List<Count> counts,
      SortedMap<String, Long> exclusions,
      long now) {
    var at = Instant.ofEpochMilli(now);
    var delta =
        new OutcomeDelta(
            rollout,
            what.appId(),
            what.channel(),
            context.taskId().partition(),
            counts,
            exclusions,
            at);
    metrics.delta();
    context.forward(
        Outgoing.message(Message.of(Topics.OUTCOME_DELTAS, rollout.text(), delta, at), now),
        TelemetryTopology.OUTCOME_DELTAS);
  }

  /// Forgets stories that have ended long ago, some of them each time, by the time of the log.
  private void sweep() {
    var now = Instant.ofEpochMilli(context.currentStreamTimeMs());
    var forgotten = new ArrayList<String>();
    String reached = "";
    try (var rest = stories.range(sweptTo.isEmpty() ? null : sweptTo, null)) {
      for (int i = 0; i < STORIES_PER_SWEEP && rest.hasNext(); i++) {
        var entry = rest.next();
        if (entry.value.forgottenAt().isBefore(now)) forgotten.add(entry.key);
        if (i == STORIES_PER_SWEEP - 1) reached = entry.key;
      }
    }
    forgotten.forEach(stories::delete);
    sweptTo = reached;
  }
}
