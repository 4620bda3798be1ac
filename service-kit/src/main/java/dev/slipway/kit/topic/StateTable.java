package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.State;
import dev.slipway.contracts.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// What the records of a compacted topic add up to. Any repetition and any cut of the log ends in
/// the same table: a record counts only if its revision is above the one known for its key. One
/// thread applies records, any thread reads values.
final class StateTable<T extends State> {

  /// What a record did.
  sealed interface Effect<T extends State> {
    record Changed<T extends State>(StateView.Change<T> change) implements Effect<T> {}

    record Known<T extends State>() implements Effect<T> {}

    record Unreadable<T extends State>(String reason) implements Effect<T> {}
  }

  /// A record that could not be read and that no later one has replaced.
  private record Gap(int partition, long offset, long revision) {}

  private static final int MAX_REVISION_DIGITS = 19;

  private final Topic<T> topic;
  private final Map<String, T> values = new ConcurrentHashMap<>();
  private final Map<String, Long> removed = new HashMap<>();
  private final Map<String, Gap> gaps = new HashMap<>();

  StateTable(Topic<T> topic) {
    this.topic = topic;
  }

  /// The values by key; shows later changes.
  Map<String, T> values() {
    return Collections.unmodifiableMap(values);
  }

  Effect<T> apply(ConsumerRecord<String, byte[]> record) {
    // A compacted topic takes no record without a key; one that came anyhow is nobody's state.
    var key = record.key();
    if (key == null) return new Effect.Unreadable<>("no key");
    T value;
    long revision;
    try {
      value = record.value() == null ? null : Message.read(topic, record.value());
      revision = value == null ? revisionOfTombstone(record) : value.revision();
    } catch (MalformedRecordException e) {
      open(key, record);
      return new Effect.Unreadable<>(String.valueOf(e.getMessage()));
    }
    close(key, revision);
    if (revision <= known(key)) return new Effect.Known<>();
    if (value == null) {
      removed.put(key, revision);
      var before = values.remove(key);
      return before == null
          ? new Effect.Known<>()
          : new Effect.Changed<>(new StateView.Change<>(key, null));
    }
    removed.remove(key);
    values.put(key, value);
    return new Effect.Changed<>(new StateView.Change<>(key, value));
  }

  /// Up to where the table says what the log says: the position of the reader, or the first record
  /// that could not be read and is not replaced.
  long applied(int partition, long position) {
    long applied = position;
    for (var gap : gaps.values()) {
      if (gap.partition() == partition) applied = Math.min(applied, gap.offset());
    }
    return applied;
  }

  /// The partition's log begins anew: gaps of the old one are no more.
  void forgetGaps(int partition) {
    gaps.values().removeIf(gap -> gap.partition() == partition);
  }

  private long known(String key) {
    var value = values.get(key);
    if (value != null) return value.revision();
    return removed.getOrDefault(key, Long.MIN_VALUE);
  }

  private void open(String key, ConsumerRecord<String, byte[]> record) {
    long revision = revisionOf(record).orElse(Long.MIN_VALUE);
    // A state that is known to be newer stands, whatever was in the record.
    if (revision != Long.MIN_VALUE && revision <= known(key)) return;
    gaps.merge(
        key,
        new Gap(record.partition(), record.offset(), revision),
        (first, next) ->
            new Gap(
                first.partition(), first.offset(), Math.max(first.revision(), next.revision())));
  }

  /// A record that is sent again, and is older than the unreadable one, doesn't replace it.
  private void close(String key, long revision) {
    var gap = gaps.get(key);
    if (gap != null && revision >= gap.revision()) gaps.remove(key);
  }

  private static long revisionOfTombstone(ConsumerRecord<String, byte[]> record) {
    return revisionOf(record)
        .orElseThrow(
            () -> new MalformedRecordException("a tombstone without a " + Message.REVISION));
  }

  private static OptionalLong revisionOf(ConsumerRecord<?, ?> record) {
    var header = record.headers().lastHeader(Message.REVISION);
    if (header == null || header.value() == null || header.value().length > MAX_REVISION_DIGITS) {
      return OptionalLong.empty();
    }
    var text = new String(header.value(), StandardCharsets.US_ASCII);
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
