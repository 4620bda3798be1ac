package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jboss.logging.Logger;

/// Puts records that could not be read aside, as they came and with the reason, so that the line
/// goes on. The key `topic-partition-offset` is the same when the same record fails again. Safe for
/// any number of threads.
public final class DeadLetters implements AutoCloseable {

  public static final String CAUSE_TYPE = "slipway_cause_type";
  public static final String CAUSE = "slipway_cause";
  public static final String TOPIC = "slipway_topic";
  public static final String PARTITION = "slipway_partition";
  public static final String OFFSET = "slipway_offset";
  public static final String TIMESTAMP = "slipway_timestamp";
  public static final String SERVICE = "slipway_service";

  private static final Logger LOG = Logger.getLogger(DeadLetters.class);
  private static final int MAX_CAUSE_CHARACTERS = 1_000;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Producer<String, byte[]> producer;
  private final String service;
  private final Counter sent;

  public DeadLetters(KafkaClients kafka, MeterRegistry meters) {
    this.producer = kafka.producer("dead-letters", Duration.ZERO);
    this.service = kafka.service();
    this.sent = meters.counter("slipway.dead.letters");
  }

  /// Sends the record to the dead letters. Completes when Kafka has it, fails when it could not
  /// take it in time: then the record is still the caller's.
  public CompletableFuture<Void> send(ConsumerRecord<?, byte[]> record, Throwable cause) {
    var key = record.topic() + "-" + record.partition() + "-" + record.offset();
    var letter =
        new ProducerRecord<String, byte[]>(Topics.DEAD_LETTERS.name(), null, key, record.value());
    record.headers().forEach(header -> letter.headers().add(header));
    add(letter, TOPIC, record.topic());
    add(letter, PARTITION, Integer.toString(record.partition()));
    add(letter, OFFSET, Long.toString(record.offset()));
    add(letter, TIMESTAMP, Long.toString(record.timestamp()));
    add(letter, SERVICE, service);
    add(letter, CAUSE_TYPE, cause.getClass().getName());
    add(letter, CAUSE, shortened(String.valueOf(cause.getMessage())));
    LOG.errorf(
        "A record goes to the dead letters: topic=%s partition=%d offset=%d cause=%s",
        record.topic(), record.partition(), record.offset(), cause.getClass().getSimpleName());
    var done = new CompletableFuture<Void>();
    var _ =
        producer.send(
            letter,
            (_, failure) -> {
              if (failure == null) {
                sent.increment();
                done.complete(null);
              } else {
                done.completeExceptionally(failure);
              }
            });
    return done;
  }

  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }

  private static void add(ProducerRecord<?, ?> letter, String name, String value) {
    letter.headers().add(name, Message.headerBytes(value));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_CAUSE_CHARACTERS ? text : text.substring(0, MAX_CAUSE_CHARACTERS);
  }
}
