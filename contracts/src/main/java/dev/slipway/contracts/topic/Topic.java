package dev.slipway.contracts.topic;

import java.time.Duration;
import java.util.Optional;

/**
 * One Kafka topic: its name, what its records are, who writes it and how long they are kept.
 *
 * @param name the full name, prefix included
 * @param type the record's value; a sealed interface where several kinds share the topic
 * @param writer the one service that writes it
 * @param spread whether it carries one record per device action, and so wants many partitions
 * @param kept for ever per key (compacted), or for a time
 * @param stamped whose clock dates a record
 */
public record Topic<T>(
    String name, Class<T> type, String writer, Spread spread, Kept kept, Stamped stamped) {

  /** How many partitions a topic gets; topics of the same spread are co-partitioned. */
  public enum Spread {
    DEVICES,
    CONTROL
  }

  /** Whose clock gives a record its time. */
  public enum Stamped {
    BY_PRODUCER,
    BY_BROKER
  }

  /** How long records stay. */
  public sealed interface Kept permits Compacted, For {}

  /** The newest record of each key stays; a record without value is a tombstone. */
  public record Compacted() implements Kept {}

  /** Every record stays for this long. */
  public record For(Duration time) implements Kept {}

  /** Whether a later record of a key replaces the earlier one. */
  public boolean isCompacted() {
    return kept instanceof Compacted;
  }

  /** How long records stay, unless for ever. */
  public Optional<Duration> retention() {
    return kept instanceof For time ? Optional.of(time.time()) : Optional.empty();
  }
}
