package dev.slipway.telemetry.stream;

import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Evidence;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.story.StoryFormat;
import dev.slipway.telemetry.verdict.Course;
import dev.slipway.telemetry.verdict.Dossier;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/// What flows where:
///
/// ```
/// device-events ─▶ tell stories ─▶ outcome-deltas ─▶ judge ─▶ rollout-verdicts
///                    │  │   ▲                         │ │ ▲ └▶ baselines ─┐
///                    │  │   └─────────────────────────│─│─┴───────────────┴─ all of baselines,
///                    │  └▶ device-failures            │ │                    channel-states and
///                    └──────▶ dead-letters ◀──────────┘ │                    rollout-events
/// ```
///
/// Every record is read as bytes, so that what cannot be read is the processors' to put aside, in
/// the transaction that passes it over. All stores and nodes have names of their own: a later
/// version of the topology finds its state again.
public final class TelemetryTopology {

  static final String OUTCOME_DELTAS = "to-outcome-deltas";
  static final String DEVICE_FAILURES = "to-device-failures";
  static final String VERDICTS = "to-rollout-verdicts";
  static final String BASELINES = "to-baselines";
  static final String DEAD_EVENTS = "to-dead-letters-from-device-events";
  static final String DEAD_DELTAS = "to-dead-letters-from-outcome-deltas";

  /// A device that is forgotten leaves the changelogs within the week, too.
  private static final Map<String, String> COMPACTED_IN_TIME =
      Map.of(
          TopicConfig.SEGMENT_MS_CONFIG, Long.toString(Duration.ofDays(1).toMillis()),
          TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, Long.toString(Duration.ofDays(5).toMillis()));

  private static final String STORY_TELLER = "tell-stories";
  private static final String JUDGE = "judge";

  private TelemetryTopology() {}

  public static Topology of(TelemetryMetrics metrics) {
    return of(metrics, Stores::persistentKeyValueStore);
  }

  /// @param large makes the stores that grow with the fleet
  static Topology of(TelemetryMetrics metrics, Function<String, KeyValueBytesStoreSupplier> large) {
    var strings = new StringDeserializer();
    var bytes = new ByteArrayDeserializer();
    var topology = new Topology();
    known(
        topology,
        Topics.CHANNEL_STATES,
        "channel-states",
        PlanProcessor.PLANS,
        ChannelState.class,
        "keep-plans",
        () -> new PlanProcessor(metrics));
    known(
        topology,
        Topics.ROLLOUT_EVENTS,
        "rollout-events",
        CourseProcessor.COURSES,
        Course.class,
        "keep-courses",
        () -> new CourseProcessor(metrics));
    known(
        topology,
        Topics.BASELINES,
        "baselines",
        BaselineProcessor.BASELINES,
        Baseline.class,
        "keep-baselines",
        () -> new BaselineProcessor(metrics));
    topology
        .addSource("device-events", strings, bytes, Topics.DEVICE_EVENTS.name())
        .addProcessor(STORY_TELLER, () -> new StoryProcessor(metrics), "device-events")
        .addStateStore(
            store(
                large.apply(StoryProcessor.STORIES),
                new DeviceKeySerde(),
                new PackedSerde<>(StoryFormat::write, StoryFormat::read),
                Caching.OFF),
            STORY_TELLER)
        .addStateStore(
            store(large.apply(StoryProcessor.DEADLINES), Serdes.String(), Caching.OFF),
            STORY_TELLER)
        .addStateStore(
            PendingStore.builder(StoryProcessor.PENDING, COMPACTED_IN_TIME), STORY_TELLER)
        .addSource("outcome-deltas", strings, bytes, Topics.OUTCOME_DELTAS.name())
        .addProcessor(JUDGE, () -> new VerdictProcessor(metrics), "outcome-deltas")
        .addStateStore(
            store(large.apply(VerdictProcessor.DOSSIERS), json(Dossier.class), Caching.OFF), JUDGE)
        .addStateStore(
            store(
                large.apply(VerdictProcessor.EVIDENCE_COUNTS),
                new PackedSerde<List<Count>>(CountFormat::write, CountFormat::read),
                Caching.OFF),
            JUDGE)
        .addStateStore(
            store(
                large.apply(VerdictProcessor.EVIDENCE_MEMORIES),
                json(Evidence.Memory.class),
                Caching.ON),
            JUDGE)
        .addStateStore(
            store(
                large.apply(VerdictProcessor.WAITING_DELTAS),
                json(OutcomeDelta.class),
                Caching.OFF),
            JUDGE);
    sink(topology, OUTCOME_DELTAS, Topics.OUTCOME_DELTAS, STORY_TELLER);
    sink(topology, DEVICE_FAILURES, Topics.DEVICE_FAILURES, STORY_TELLER);
    sink(topology, VERDICTS, Topics.ROLLOUT_VERDICTS, JUDGE);
    sink(topology, BASELINES, Topics.BASELINES, JUDGE);
    // A sink for each: a common one would tie the partitions of both halves together.
    sink(topology, DEAD_EVENTS, Topics.DEAD_LETTERS, STORY_TELLER);
    sink(topology, DEAD_DELTAS, Topics.DEAD_LETTERS, JUDGE);
    return topology;
  }

  /// All of a topic, for every thread to look things up in.
  private static <T> void known(
      Topology topology,
      Topic<?> topic,
      String source,
      String store,
      Class<T> type,
      String name,
      ProcessorSupplier<String, byte[], Void, Void> keeper) {
    topology.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(store), Serdes.String(), json(type))
            .withLoggingDisabled(),
        source,
        new StringDeserializer(),
        new ByteArrayDeserializer(),
        topic.name(),
        name,
        keeper);
  }

  private static void sink(Topology topology, String name, Topic<?> topic, String from) {
    topology.addSink(name, topic.name(), new StringSerializer(), new ByteArraySerializer(), from);
  }

  /// Whether a store's writes are gathered until the next commit: worth it for counters, which are
  /// written over and over, not for devices, which are mostly new.
  private enum Caching {
    ON,
    OFF
  }

  private static <T> Serde<T> json(Class<T> type) {
    return new JsonSerde<>(type);
  }

  private static <T> StoreBuilder<KeyValueStore<String, T>> store(
      KeyValueBytesStoreSupplier supplier, Serde<T> values, Caching caching) {
    return store(supplier, Serdes.String(), values, caching);
  }

  private static <T> StoreBuilder<KeyValueStore<String, T>> store(
      KeyValueBytesStoreSupplier supplier, Serde<String> keys, Serde<T> values, Caching caching) {
    var builder =
        Stores.keyValueStoreBuilder(supplier, keys, values).withLoggingEnabled(COMPACTED_IN_TIME);
    return caching == Caching.ON ? builder.withCachingEnabled() : builder.withCachingDisabled();
  }
}
