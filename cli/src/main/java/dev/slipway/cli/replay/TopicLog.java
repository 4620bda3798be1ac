package dev.slipway.cli.replay;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.topic.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/// Reads the suite's topics up to the end that they had when reading began: committed records only,
/// each partition in its order, one record at a time. It joins no group and commits nothing. For
/// one thread.
final class TopicLog implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /// So long without a single record although some are outstanding: something is wrong.
  private static final Duration STANDSTILL = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaConsumer<String, byte[]> consumer;
  private final String bootstrap;
  private final Progress progress;

  /// @param bootstrap the brokers, `host:port`, several separated by commas
  /// @param settings of a Kafka client besides, such as for TLS
  TopicLog(String bootstrap, Map<String, String> settings, Progress progress) {
    this.bootstrap = bootstrap;
    this.progress = progress;
    var all = new HashMap<String, Object>(settings);
    all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    all.put(ConsumerConfig.CLIENT_ID_CONFIG, "slipway-replay");
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    all.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    try {
      consumer = new KafkaConsumer<>(all, new StringDeserializer(), new ByteArrayDeserializer());
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new CommandFailure(
          "No client of Kafka at %s can be made: %s".formatted(bootstrap, cause.getMessage()), e);
    }
  }

  /// Reads a topic.
  ///
  /// @param only these partitions; all where none is named
  /// @param from where to begin: at the first record as late as this; null for the first one kept
  /// @return when the oldest record that is kept was written, where older ones were deleted; null
  ///     while none was
  /// @throws CommandFailure if Kafka does not answer, or does not give what is asked
  @Nullable Instant read(
      Topic<?> topic,
      Set<Integer> only,
      @Nullable Instant from,
      Consumer<ConsumerRecord<String, byte[]>> each) {
    try {
      var partitions =
          partitions(topic).stream()
              .filter(partition -> only.isEmpty() || only.contains(partition.partition()))
              .toList();
      consumer.assign(partitions);
      var ends = consumer.endOffsets(partitions);
      var begins = consumer.beginningOffsets(partitions);
      Instant oldest = oldest(partitions, begins, ends);
      seek(partitions, from, ends);
      read(topic, partitions, ends, each);
      return oldest;
    } catch (KafkaException e) {
      throw explained(topic, e);
    }
  }

  private List<TopicPartition> partitions(Topic<?> topic) {
    var infos = consumer.partitionsFor(topic.name(), PATIENCE);
    if (infos == null || infos.isEmpty()) throw unknown(topic, null);
    return infos.stream().map(it -> new TopicPartition(topic.name(), it.partition())).toList();
  }

  private void seek(
      List<TopicPartition> partitions, @Nullable Instant from, Map<TopicPartition, Long> ends) {
    if (from == null) {
      consumer.seekToBeginning(partitions);
      return;
    }
    var times = new HashMap<TopicPartition, Long>();
    partitions.forEach(partition -> times.put(partition, from.toEpochMilli()));
    consumer
        .offsetsForTimes(times)
        .forEach(
            (partition, found) ->
                consumer.seek(
                    partition, found == null ? ends.getOrDefault(partition, 0L) : found.offset()));
  }

  /// The newest of the partitions' first records: from then on all of them are whole.
  private @Nullable Instant oldest(
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> begins,
      Map<TopicPartition, Long> ends) {
    Instant newest = null;
    for (var partition : partitions) {
      long begin = begins.getOrDefault(partition, 0L);
      if (begin == 0 || begin >= ends.getOrDefault(partition, 0L)) continue;
      var found = consumer.offsetsForTimes(Map.of(partition, 0L)).get(partition);
      if (found == null) continue;
      var first = Instant.ofEpochMilli(found.timestamp());
      if (newest == null || first.isAfter(newest)) newest = first;
    }
    return newest;
  }

  private void read(
      Topic<?> topic,
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<String, byte[]>> each) {
    var starts = new HashMap<TopicPartition, Long>();
    partitions.forEach(partition -> starts.put(partition, consumer.position(partition)));
    long whole = 0;
    for (var partition : partitions) {
      whole += Math.max(0, ends.getOrDefault(partition, 0L) - starts.getOrDefault(partition, 0L));
    }
    int empty = 0;
    long read = 0;
    while (true) {
      long done = 0;
      boolean finished = true;
      for (var partition : partitions) {
        long position = consumer.position(partition);
        done += position - starts.getOrDefault(partition, 0L);
        if (position < ends.getOrDefault(partition, 0L)) finished = false;
        else consumer.pause(List.of(partition));
      }
      if (finished) return;
      progress.show("%s %s %,d records".formatted(Progress.bar(done, whole), topic.name(), read));
      var records = consumer.poll(POLL);
      empty = records.isEmpty() ? empty + 1 : 0;
      if (POLL.multipliedBy(empty).compareTo(STANDSTILL) > 0) {
        throw new CommandFailure(
            "Kafka at %s gives no more records of %s, although it has some"
                .formatted(bootstrap, topic.name()));
      }
      for (var record : records) {
        var partition = new TopicPartition(record.topic(), record.partition());
        if (record.offset() >= ends.getOrDefault(partition, 0L)) continue;
        read++;
        each.accept(record);
      }
    }
  }

  private CommandFailure explained(Topic<?> topic, KafkaException e) {
    return switch (e) {
      case UnknownTopicOrPartitionException _ -> unknown(topic, e);
      case AuthenticationException _ ->
          new CommandFailure(
              "Kafka at %s does not know who asks: %s (--kafka-config names the settings)"
                  .formatted(bootstrap, e.getMessage()),
              e);
      case AuthorizationException _ ->
          new CommandFailure(
              "Kafka at %s does not let you read %s: %s"
                  .formatted(bootstrap, topic.name(), e.getMessage()),
              e);
      case org.apache.kafka.common.errors.TimeoutException _ ->
          new CommandFailure(
              ("Kafka does not answer at %s within %d s. Is that the right address (--bootstrap),"
                      + " and does it ask for TLS (--kafka-config)?")
                  .formatted(bootstrap, PATIENCE.toSeconds()),
              e);
      default ->
          new CommandFailure(
              "Kafka at %s: %s".formatted(bootstrap, String.valueOf(e.getMessage())), e);
    };
  }

  private CommandFailure unknown(Topic<?> topic, @Nullable KafkaException e) {
    return new CommandFailure(
        "Kafka at %s has no topic %s: is it the one that Slipway uses?"
            .formatted(bootstrap, topic.name()),
        e);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
