package dev.slipway.telemetry.stream;

import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.story.Story;
import dev.slipway.telemetry.verdict.Dossier;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/// What flows where:
///
/// ```
/// device-events ─▶ tell stories ─▶ outcome-deltas ─▶ judge ─▶ rollout-verdicts
///                       │                              │ ▲
///                       └──────▶ dead-letters ◀────────┘ └── channel-states (all of them)
/// ```
///
/// Every record is read as bytes, so that what cannot be read is the processors' to put aside, in
/// the transaction that passes it over.
public final class TelemetryTopology {

  static final String OUTCOME_DELTAS = "to-outcome-deltas";
  static final String VERDICTS = "to-rollout-verdicts";
  static final String DEAD_EVENTS = "to-dead-letters-from-device-events";
  static final String DEAD_DELTAS = "to-dead-letters-from-outcome-deltas";

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
    return new Topology()
        .addGlobalStore(
            Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore(PlanProcessor.PLANS),
                    Serdes.String(),
                    new JsonSerde<>(ChannelState.class))
                .withLoggingDisabled(),
            "channel-states",
            strings,
            bytes,
            Topics.CHANNEL_STATES.name(),
            "keep-plans",
            () -> new PlanProcessor(metrics))
        .addSource("device-events", strings, bytes, Topics.DEVICE_EVENTS.name())
        .addProcessor(STORY_TELLER, () -> new StoryProcessor(metrics), "device-events")
        .addStateStore(
            store(large.apply(StoryProcessor.STORIES), Story.class, Caching.OFF), STORY_TELLER)
        .addStateStore(
            store(Stores.inMemoryKeyValueStore(StoryProcessor.PENDING), Pending.class, Caching.ON),
            STORY_TELLER)
        .addStateStore(
            store(
                Stores.inMemoryKeyValueStore(StoryProcessor.PENDING_COUNTS),
                Count.class,
                Caching.ON),
            STORY_TELLER)
        .addSink(
            OUTCOME_DELTAS,
            Topics.OUTCOME_DELTAS.name(),
            new StringSerializer(),
            new ByteArraySerializer(),
            STORY_TELLER)
        .addSource("outcome-deltas", strings, bytes, Topics.OUTCOME_DELTAS.name())
        .addProcessor(JUDGE, () -> new VerdictProcessor(metrics), "outcome-deltas")
        .addStateStore(
            store(large.apply(VerdictProcessor.DOSSIERS), Dossier.class, Caching.OFF), JUDGE)
        .addStateStore(
            store(large.apply(VerdictProcessor.EVIDENCE_COUNTS), Count.class, Caching.ON), JUDGE)
        .addSink(
            VERDICTS,
            Topics.ROLLOUT_VERDICTS.name(),
            new StringSerializer(),
            new ByteArraySerializer(),
            JUDGE)
        // A sink for each: a common one would tie the partitions of both halves together.
        .addSink(
            DEAD_EVENTS,
            Topics.DEAD_LETTERS.name(),
            new StringSerializer(),
            new ByteArraySerializer(),
            STORY_TELLER)
        .addSink(
            DEAD_DELTAS,
            Topics.DEAD_LETTERS.name(),
            new StringSerializer(),
            new ByteArraySerializer(),
            JUDGE);
  }

  /// Whether a store's writes are gathered until the next commit: worth it for counters, which are
  /// written over and over, not for devices, which are mostly new.
  private enum Caching {
    ON,
    OFF
  }

  private static <T> StoreBuilder<KeyValueStore<String, T>> store(
      KeyValueBytesStoreSupplier supplier, Class<T> type, Caching caching) {
    var builder =
        Stores.keyValueStoreBuilder(supplier, Serdes.String(), new JsonSerde<>(type))
            .withLoggingEnabled(Map.of());
    return caching == Caching.ON ? builder.withCachingEnabled() : builder.withCachingDisabled();
  }
}
