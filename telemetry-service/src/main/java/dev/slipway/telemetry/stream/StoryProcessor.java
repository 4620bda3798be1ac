package dev.slipway.telemetry.stream;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Forgotten;
import dev.slipway.contracts.device.DeviceEvent.Offered;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceEvent.Tick;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.story.Story;
import dev.slipway.telemetry.story.Story.Change;
import dev.slipway.telemetry.story.Story.Told;
import dev.slipway.telemetry.story.Surroundings;
import dev.slipway.telemetry.verdict.Course;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/// Keeps the story of each device of one partition and says twice a second what it adds to the
/// counts. What was not said yet lies in a store of the same transaction, so that a crash neither
/// loses nor repeats it.
///
/// Deadlines pass when a record of the partition is dated later, a tick at the latest: at the same
/// place in the log whoever reads it, and whenever.
final class StoryProcessor implements Processor<String, byte[], String, byte[]> {

  static final String STORIES = "device-stories";
  static final String DEADLINES = "deadlines";
  static final String PENDING = "unsaid";

  static final Duration FLUSH = Duration.ofMillis(500);

  private static final Duration SWEEP = Duration.ofSeconds(30);
  private static final int STORIES_PER_SWEEP = 2_000;

  /// Some 200 bytes each: a delta stays well below what a topic takes.
  private static final int COUNTS_PER_DELTA = 2_000;

  /// What is known of rollouts and apps is looked up anew so often, by the time of the log.
  private static final long REMEMBERED_MILLIS = 5_000;

  /// A deadline that passes so long after it was due tells of a log that stood still.
  private static final long LATE_MILLIS = 60_000;

  private static final int DEADLINE_DIGITS = 15;

  private final TelemetryMetrics metrics;
  private final ReportReader reader = new ReportReader();
  private final Map<RolloutId, Instant> starts = new HashMap<>();
  private final Map<AppId, Optional<Duration>> returnTimes = new HashMap<>();
  private long rememberedAt;
  private long second = Long.MIN_VALUE;
  private String sweptTo = "";

  @SuppressWarnings("NullAway.Init")
  private ProcessorContext<String, byte[]> context;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Story> stories;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, String> deadlines;

  @SuppressWarnings("NullAway.Init")
  private PendingStore pending;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, ChannelState> plans;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Course> courses;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Baseline> baselines;

  StoryProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    stories = context.getStateStore(STORIES);
    deadlines = context.getStateStore(DEADLINES);
    pending = context.getStateStore(PENDING);
    pending.load();
    // A task whose transaction failed begins again here: what passed in it has not passed.
    second = Long.MIN_VALUE;
    sweptTo = "";
    rememberedAt = 0;
    plans = context.getStateStore(PlanProcessor.PLANS);
    courses = context.getStateStore(CourseProcessor.COURSES);
    baselines = context.getStateStore(BaselineProcessor.BASELINES);
    context.schedule(FLUSH, PunctuationType.WALL_CLOCK_TIME, this::flush);
    context.schedule(SWEEP, PunctuationType.WALL_CLOCK_TIME, _ -> sweep());
  }

  @Override
  public void process(Record<String, byte[]> record) {
    pass(record.timestamp());
    try {
      DeviceEvent event = reader.read(record.value());
      switch (event) {
        case Offered offer -> {
          check(offer.key(), record);
          Story before = story(record.key());
          keep(offer.appId(), record.key(), before, before.after(offer));
        }
        case Tick _ -> metrics.lag(context.currentSystemTimeMs() - record.timestamp());
        case Forgotten forgotten -> {
          check(forgotten.key(), record);
          forget(record.key(), record.timestamp());
        }
        case Reported report -> {
          check(report.key(), record);
          Story before = story(record.key());
          var told = before.after(report, Instant.ofEpochMilli(record.timestamp()), around(report));
          metrics.report();
          keep(report.appId(), record.key(), before, told);
        }
      }
    } catch (MalformedRecordException e) {
      metrics.deadLetter();
      long now = context.currentSystemTimeMs();
      context.forward(
          Outgoing.deadLetter(record, context.recordMetadata().orElseThrow(), e, now),
          TelemetryTopology.DEAD_EVENTS);
    }
  }

  private static void check(String key, Record<String, byte[]> record) {
    if (!key.equals(record.key())) {
      throw new MalformedRecordException("the key names another device");
    }
  }

  private Story story(String key) {
    Story known = stories.get(key);
    return known == null ? Story.EMPTY : known;
  }

  private void keep(AppId app, String key, Story before, Told told) {
    if (!told.story().equals(before)) stories.put(key, told.story());
    told.due()
        .filter(due -> !before.due().equals(told.due()))
        .ifPresent(due -> deadlines.put(deadline(due, key), app.text()));
    told.failures()
        .ifPresent(
            failures -> {
              long now = context.currentSystemTimeMs();
              context.forward(
                  Outgoing.message(
                      Message.of(Topics.DEVICE_FAILURES, key, failures, Instant.ofEpochMilli(now)),
                      now),
                  TelemetryTopology.DEVICE_FAILURES);
            });
    for (Change change : told.changes()) add(app, change);
  }

  /// A record as of this time was read: what was due before has passed.
  private void pass(long timestamp) {
    long now = Math.floorDiv(timestamp, 1_000L);
    if (now <= second) return;
    String from = second == Long.MIN_VALUE ? "" : deadline(second);
    second = now;
    var due = new TreeMap<String, String>();
    try (var passed = deadlines.range(from.isEmpty() ? null : from, deadline(now))) {
      passed.forEachRemaining(entry -> due.put(entry.key, entry.value));
    }
    var at = Instant.ofEpochSecond(now);
    due.forEach(
        (deadline, app) -> {
          deadlines.delete(deadline);
          String key = deadline.substring(deadline.indexOf('|') + 1);
          if (now * 1_000 - Long.parseLong(deadline.substring(0, deadline.indexOf('|')))
              > LATE_MILLIS) {
            metrics.lateDeadline();
          }
          Story before = stories.get(key);
          if (before != null) keep(AppId.of(app), key, before, before.at(at));
        });
  }

  private static String deadline(Instant due, String key) {
    return padded(due.toEpochMilli()) + key;
  }

  /// Before all deadlines of this second, and after those of the second before.
  private static String deadline(long second) {
    return padded(second * 1_000 + 1);
  }

  /// In this order times are in order, too.
  private static String padded(long millis) {
    String digits = Long.toString(Math.max(0, millis));
    return "0".repeat(Math.max(0, DEADLINE_DIGITS - digits.length())) + digits + "|";
  }

  private Surroundings around(Reported report) {
    long now = context.currentStreamTimeMs();
    if (now - rememberedAt >= REMEMBERED_MILLIS) {
      rememberedAt = now;
      returnTimes.clear();
      starts.clear();
    }
    var stamp = report.stamp();
    if (stamp == null) return Surroundings.UNKNOWN;
    return new Surroundings(
        startedAt(stamp.rolloutId(), report),
        returnTimes
            .computeIfAbsent(
                report.appId(),
                app ->
                    Optional.ofNullable(baselines.get(app.text()))
                        .flatMap(known -> Optional.ofNullable(known.returnTime())))
            .orElse(null));
  }

  private @Nullable Instant startedAt(RolloutId rollout, Reported report) {
    Instant remembered = starts.get(rollout);
    if (remembered != null) return remembered;
    var found = findStart(rollout, report);
    if (found != null) starts.put(rollout, found);
    return found;
  }

  private @Nullable Instant findStart(RolloutId rollout, Reported report) {
    var channel = report.channel();
    var plan = channel == null ? null : plans.get(ChannelState.key(report.appId(), channel));
    var active = plan == null ? null : plan.rollout();
    if (active != null && active.rolloutId().equals(rollout)) return active.startedAt();
    var course = courses.get(rollout.text());
    return course == null ? null : course.startedAt();
  }

  private void add(AppId app, Change change) {
    metrics.change();
    change.counts().forEach(metrics::outcome);
    pending.add(app, change);
  }

  private void flush(long now) {
    if (pending.isEmpty()) return;
    pending.take().forEach((rollout, what) -> flush(rollout, what, now));
  }

  private void flush(RolloutId rollout, Pending what, long now) {
    var counts = what.counts();
    var exclusions = what.exclusions();
    var returns = what.returns();
    for (int from = 0; from < counts.size(); from += COUNTS_PER_DELTA) {
      var part = counts.subList(from, Math.min(counts.size(), from + COUNTS_PER_DELTA));
      say(rollout, what, part, exclusions, returns, now);
      exclusions = new TreeMap<>();
      returns = new TreeMap<>();
    }
    if (!exclusions.isEmpty() || !returns.isEmpty()) {
      say(rollout, what, List.of(), exclusions, returns, now);
    }
  }

  private void say(
      RolloutId rollout,
      Pending what,
      List<Count> counts,
      SortedMap<String, Long> exclusions,
      SortedMap<Integer, Long> returns,
      long now) {
    var at = Instant.ofEpochMilli(now);
    metrics.exclusions(exclusions);
    var delta =
        new OutcomeDelta(
            rollout,
            what.appId(),
            what.channel(),
            context.taskId().partition(),
            counts,
            exclusions,
            returns,
            at);
    metrics.delta();
    context.forward(
        Outgoing.message(Message.of(Topics.OUTCOME_DELTAS, rollout.text(), delta, at), now),
        TelemetryTopology.OUTCOME_DELTAS);
  }

  /// Forgets stories that have ended long ago, some of them each time, by the time of the log.
  private void sweep() {
    var now = Instant.ofEpochMilli(context.currentStreamTimeMs());
    var forgotten = new TreeMap<String, Story>();
    String reached = "";
    try (var rest = stories.range(sweptTo.isEmpty() ? null : sweptTo, null)) {
      for (int i = 0; i < STORIES_PER_SWEEP && rest.hasNext(); i++) {
        var entry = rest.next();
        if (entry.value.forgottenAt().isBefore(now)) forgotten.put(entry.key, entry.value);
        if (i == STORIES_PER_SWEEP - 1) reached = entry.key;
      }
    }
    forgotten.forEach(this::forget);
    sweptTo = reached;
  }

  private void forget(String key, Story story) {
    stories.delete(key);
    story.failuresRevision().ifPresent(revision -> noFailures(key, revision));
  }

  /// Forgets a device because somebody asked for it. Its failures are taken back also where none
  /// are known here: a story that ended may have left some behind.
  private void forget(String key, long timestamp) {
    Story story = story(key);
    story.due().ifPresent(due -> deadlines.delete(deadline(due, key)));
    stories.delete(key);
    noFailures(key, Math.max(timestamp, story.failuresRevision().orElse(0L)));
  }

  private void noFailures(String key, long revision) {
    long now = context.currentSystemTimeMs();
    context.forward(
        Outgoing.message(
            Message.tombstone(Topics.DEVICE_FAILURES, key, revision, Instant.ofEpochMilli(now)),
            now),
        TelemetryTopology.DEVICE_FAILURES);
  }
}
