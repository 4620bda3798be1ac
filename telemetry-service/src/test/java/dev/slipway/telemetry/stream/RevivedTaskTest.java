package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.APP;
import static dev.slipway.telemetry.PluginTrace.CHANNEL;
import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static dev.slipway.telemetry.PluginTrace.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Evidence;
import dev.slipway.telemetry.Reports;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.story.StoryFormat;
import dev.slipway.telemetry.verdict.Course;
import dev.slipway.telemetry.verdict.Dossier;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

/// Kafka Streams gives a task whose transaction failed another life: with the stores as they were
/// before it, from the offsets before it, and with the same processor, which is told to begin
/// again.
class RevivedTaskTest {

  private final MockProcessorContext<String, byte[]> context = new MockProcessorContext<>();
  private final TelemetryMetrics metrics = new TelemetryMetrics(new SimpleMeterRegistry());

  RevivedTaskTest() {
    context.setCurrentSystemTimeMs(START.toEpochMilli());
    context.setCurrentStreamTimeMs(START.toEpochMilli());
    store(PlanProcessor.PLANS, new JsonSerde<>(ChannelState.class)).put(plan().key(), plan());
    store(CourseProcessor.COURSES, new JsonSerde<>(Course.class));
    store(BaselineProcessor.BASELINES, new JsonSerde<>(Baseline.class))
        .put(APP.text(), comesBackDaily());
  }

  @Test
  void whatTheJudgeAddedIsForgotten() {
    // Given
    store(VerdictProcessor.DOSSIERS, new JsonSerde<>(Dossier.class));
    store(
        VerdictProcessor.EVIDENCE_COUNTS,
        new PackedSerde<List<Count>>(CountFormat::write, CountFormat::read));
    store(VerdictProcessor.EVIDENCE_MEMORIES, new JsonSerde<>(Evidence.Memory.class));
    store(VerdictProcessor.WAITING_DELTAS, new JsonSerde<>(OutcomeDelta.class));
    var judge = new VerdictProcessor(metrics);
    judge.init(context);

    // When
    judge.process(delta(0));
    clear(VerdictProcessor.DOSSIERS);
    clear(VerdictProcessor.EVIDENCE_COUNTS);
    clear(VerdictProcessor.EVIDENCE_MEMORIES);
    judge.init(context);
    judge.process(delta(0));
    judge.process(delta(1));
    context.resetForwards();
    punctuate();

    // Then
    var said = context.forwarded(TelemetryTopology.VERDICTS).getLast().record().value();
    assertThat(Message.read(Topics.ROLLOUT_VERDICTS, said).counts().attempts()).isEqualTo(20);
  }

  @Test
  void whatPassedPassesAgain() {
    // Given: a device of the control arm that is to come back within a day
    var stories =
        store(StoryProcessor.STORIES, new PackedSerde<>(StoryFormat::write, StoryFormat::read));
    var deadlines = store(StoryProcessor.DEADLINES, Serdes.String());
    var pending = new PendingStore(inMemory(StoryProcessor.PENDING, Serdes.ByteArray()));
    context.addStateStore(pending);
    var teller = new StoryProcessor(metrics);
    teller.init(context);
    var report = Reports.of(1, ROLLOUT).control().say("app_moved_to_foreground");
    teller.process(record(Topics.DEVICE_EVENTS, report.key(), report, START));
    pending.take();
    String device = report.key();
    var story = stories.get(device);
    String deadline = keys(deadlines).getFirst();
    var later = new DeviceEvent.Tick(0, START.plus(Duration.ofHours(25)));
    var tick = record(Topics.DEVICE_EVENTS, later.key(), later, later.receivedAt());

    // When
    teller.process(tick);
    stories.put(device, story);
    deadlines.put(deadline, APP.text());
    teller.init(context);
    teller.process(tick);
    punctuate();

    // Then
    var said = new ArrayList<Count>();
    for (var forwarded : context.forwarded(TelemetryTopology.OUTCOME_DELTAS)) {
      said.addAll(Message.read(Topics.OUTCOME_DELTAS, forwarded.record().value()).counts());
    }
    assertThat(said)
        .filteredOn(count -> count.signal() == Signal.SILENCE)
        .singleElement()
        .satisfies(count -> assertThat(count.failures()).isEqualTo(1));
    assertThat(keys(deadlines)).isEmpty();
  }

  // --- The world around

  private static ChannelState plan() {
    return new ChannelState(
        APP,
        CHANNEL,
        1,
        Version.BUILTIN,
        null,
        new ActiveRollout(
            ROLLOUT,
            Reports.CANDIDATE,
            "AAAAAAAAAAAAAAAAAAAAAA",
            Exposure.ALL,
            Exposure.NONE,
            0,
            false,
            Policy.CAUTIOUS,
            START),
        Set.of(),
        Set.of(),
        ChannelRules.DEFAULT,
        START);
  }

  private static Baseline comesBackDaily() {
    return new Baseline(APP, 1, 1, List.of(), Duration.ofDays(1), List.of(), START);
  }

  private Record<String, byte[]> delta(long offset) {
    var counts =
        List.of(
            new Count(Signal.START, Arm.EXPOSED, 0, Platform.IOS, Sender.ANONYMOUS, "n", 10, 0, 0));
    var delta =
        new OutcomeDelta(ROLLOUT, APP, CHANNEL, 0, counts, new TreeMap<>(), new TreeMap<>(), START);
    context.setRecordMetadata(Topics.OUTCOME_DELTAS.name(), 0, offset);
    return record(Topics.OUTCOME_DELTAS, ROLLOUT.text(), delta, START);
  }

  private static <T> Record<String, byte[]> record(
      Topic<T> topic, String key, T value, Instant at) {
    return new Record<>(key, Message.of(topic, key, value, at).value(), at.toEpochMilli());
  }

  /// Half a second later than whatever was scheduled so.
  private void punctuate() {
    for (var scheduled : context.scheduledPunctuators()) {
      if (scheduled.getInterval().equals(StoryProcessor.FLUSH)) {
        scheduled.getPunctuator().punctuate(START.plusSeconds(60).toEpochMilli());
      }
    }
  }

  private <V> KeyValueStore<String, V> inMemory(String name, Serde<V> values) {
    var store =
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), values)
            .withLoggingDisabled()
            .build();
    store.init(context.getStateStoreContext(), store);
    return store;
  }

  private <V> KeyValueStore<String, V> store(String name, Serde<V> values) {
    var store = inMemory(name, values);
    context.addStateStore(store);
    return store;
  }

  private void clear(String name) {
    KeyValueStore<String, ?> store = context.getStateStore(name);
    keys(store).forEach(store::delete);
  }

  private static List<String> keys(KeyValueStore<String, ?> store) {
    var keys = new ArrayList<String>();
    try (var all = store.all()) {
      all.forEachRemaining(entry -> keys.add(entry.key));
    }
    return keys;
  }
}
