package dev.slipway.testkit;

import dev.slipway.stack.Endpoints;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/// Reads all partitions of one topic, committed records only, and remembers what it has read. The
/// topic must exist. For one thread.
public final class TopicReader implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String topic;
  private final KafkaConsumer<String, byte[]> consumer;
  private final List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();

  private TopicReader(Endpoints endpoints, String topic) {
    this.topic = topic;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, endpoints.kafka(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false"),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(
        consumer.partitionsFor(topic).stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .toList());
  }

  /// Reads from the first record that is kept.
  public static TopicReader fromBeginning(Endpoints endpoints, String topic) {
    TopicReader reader = new TopicReader(endpoints, topic);
    reader.consumer.seekToBeginning(reader.consumer.assignment());
    return reader;
  }

  /// Reads what is written after this call.
  public static TopicReader fromNow(Endpoints endpoints, String topic) {
    TopicReader reader = new TopicReader(endpoints, topic);
    reader.consumer.seekToEnd(reader.consumer.assignment());
    // Seeking is lazy: asking for the position makes it happen now.
    reader.consumer.assignment().forEach(reader.consumer::position);
    return reader;
  }

  /// Reads on until the condition holds for all records read so far, in the order of each
  /// partition.
  ///
  /// @throws AssertionError if it does not within 30 s
  public List<ConsumerRecord<String, byte[]>> until(
      Predicate<List<ConsumerRecord<String, byte[]>>> condition) {
    return until(condition, PATIENCE);
  }

  /// @throws AssertionError if the condition does not hold within that time
  public List<ConsumerRecord<String, byte[]>> until(
      Predicate<List<ConsumerRecord<String, byte[]>>> condition, Duration patience) {
    Instant end = Instant.now().plus(patience);
    while (!condition.test(List.copyOf(records))) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError(
            "Not within %s on %s; read %d records with the keys %s"
                .formatted(
                    patience,
                    topic,
                    records.size(),
                    records.stream().map(ConsumerRecord::key).distinct().limit(20).toList()));
      }
      poll(Duration.ofMillis(100));
    }
    return List.copyOf(records);
  }

  /// Reads on until there are so many records.
  public List<ConsumerRecord<String, byte[]>> untilCount(int count) {
    return until(all -> all.size() >= count);
  }

  /// Reads on up to the end that the topic has now: for what must not be there.
  public List<ConsumerRecord<String, byte[]>> toEnd() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    Instant end = Instant.now().plus(PATIENCE);
    while (ends.entrySet().stream()
        .anyMatch(entry -> consumer.position(entry.getKey()) < entry.getValue())) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError(
            "The end of %s was not reached within %s".formatted(topic, PATIENCE));
      }
      poll(Duration.ofMillis(100));
    }
    return List.copyOf(records);
  }

  private void poll(Duration timeout) {
    consumer.poll(timeout).forEach(records::add);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
