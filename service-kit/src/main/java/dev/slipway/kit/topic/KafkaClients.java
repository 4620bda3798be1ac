package dev.slipway.kit.topic;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// Makes the Kafka clients of one service, with the settings that all of Slipway agrees on: readers
/// see committed records only, writers are idempotent and wait for every in-sync replica. A client
/// is made without a broker being there; it connects when it is used.
public final class KafkaClients {

  /// A record with its headers must fit into a request; topics allow as much.
  static final int MAX_REQUEST_BYTES = 3 << 20;

  private static final Duration RECONNECT_AT_MOST_AFTER = Duration.ofMillis(500);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(15);
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(20);

  /// A transaction that follows closely on another is told to try again while the broker still
  /// writes the other's end, which takes a few milliseconds.
  private static final Duration TRANSACTION_RETRY = Duration.ofMillis(5);

  /// A broker answers the requests of one connection in turn, so that asking for the end of a log
  /// waits behind a fetch that waits for records.
  private static final Duration FETCH_WAIT = Duration.ofMillis(100);

  private static final int RECORDS_PER_POLL = 5_000;

  private final String bootstrapServers;
  private final String service;

  /// @param service names the clients, so that a broker's logs and quotas can tell them apart
  public KafkaClients(String bootstrapServers, String service) {
    this.bootstrapServers = bootstrapServers;
    this.service = service;
  }

  /// The service that these clients work for.
  public String service() {
    return service;
  }

  /// A reader without a group, for who assigns partitions itself.
  public Consumer<String, byte[]> reader(String purpose) {
    var settings = common(purpose);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_PER_POLL);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) FETCH_WAIT.toMillis());
    return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
  }

  /// A writer that repeats nothing and loses nothing.
  ///
  /// @param linger how long a record may wait for company: nothing for rare records of control,
  ///     some milliseconds for the many of devices
  public Producer<String, byte[]> producer(String purpose, Duration linger) {
    return producer(purpose, linger, Map.of());
  }

  /// The same with further producer settings, such as a shorter `max.block.ms`.
  public Producer<String, byte[]> producer(
      String purpose, Duration linger, Map<String, Object> more) {
    var settings = writing(purpose, linger);
    settings.putAll(more);
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  /// A writer of transactions, which fences the one that used the same id before it.
  public Producer<String, byte[]> transactionalProducer(String transactionalId) {
    return producer(
        transactionalId,
        Duration.ZERO,
        Map.of(
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            transactionalId,
            ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
            (int) TRANSACTION_TIMEOUT.toMillis(),
            ProducerConfig.RETRY_BACKOFF_MS_CONFIG,
            TRANSACTION_RETRY.toMillis()));
  }

  /// A client for topics and their settings.
  public Admin admin(String purpose) {
    var settings = common(purpose);
    settings.put(
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) DELIVERY_TIMEOUT.toMillis());
    return Admin.create(settings);
  }

  private Map<String, Object> writing(String purpose, Duration linger) {
    var settings = common(purpose);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, (int) linger.toMillis());
    settings.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) DELIVERY_TIMEOUT.plus(linger).toMillis());
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, DELIVERY_TIMEOUT.toMillis());
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    return settings;
  }

  private Map<String, Object> common(String purpose) {
    var settings = new HashMap<String, Object>();
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, service + "." + purpose);
    settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST_TIMEOUT.toMillis());
    settings.put(
        CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_AT_MOST_AFTER.toMillis());
    return settings;
  }
}
