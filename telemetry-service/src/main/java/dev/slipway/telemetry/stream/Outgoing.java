package dev.slipway.telemetry.stream;

import dev.slipway.contracts.topic.Message;
import dev.slipway.kit.topic.DeadLetters;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jboss.logging.Logger;

/// What leaves the topology, as records of Kafka Streams.
final class Outgoing {

  private static final Logger LOG = Logger.getLogger(Outgoing.class);
  private static final String SERVICE = "telemetry-service";
  private static final int MAX_CAUSE_CHARACTERS = 1_000;

  private Outgoing() {}

  /// A record that could not be read, on its way to the dead letters: in the same transaction that
  /// passes it over, with the headers that [DeadLetters] gives.
  static Record<String, byte[]> deadLetter(
      Record<String, byte[]> record, RecordMetadata from, RuntimeException cause, long now) {
    LOG.errorf(
        "A record goes to the dead letters: topic=%s partition=%d offset=%d cause=%s",
        from.topic(), from.partition(), from.offset(), cause.getClass().getSimpleName());
    var headers = new RecordHeaders(record.headers());
    add(headers, DeadLetters.TOPIC, from.topic());
    add(headers, DeadLetters.PARTITION, Integer.toString(from.partition()));
    add(headers, DeadLetters.OFFSET, Long.toString(from.offset()));
    add(headers, DeadLetters.TIMESTAMP, Long.toString(record.timestamp()));
    add(headers, DeadLetters.SERVICE, SERVICE);
    add(headers, DeadLetters.CAUSE_TYPE, cause.getClass().getName());
    String message = String.valueOf(cause.getMessage());
    add(
        headers,
        DeadLetters.CAUSE,
        message.substring(0, Math.min(message.length(), MAX_CAUSE_CHARACTERS)));
    return new Record<>(
        from.topic() + "-" + from.partition() + "-" + from.offset(), record.value(), now, headers);
  }

  private static void add(RecordHeaders headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  static Record<String, byte[]> message(Message message, long now) {
    var headers = new RecordHeaders();
    message.headers().forEach((name, value) -> headers.add(name, Message.headerBytes(value)));
    return new Record<>(message.key(), message.value(), now, headers);
  }
}
