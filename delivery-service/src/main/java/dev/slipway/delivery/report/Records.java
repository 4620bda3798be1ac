package dev.slipway.delivery.report;

import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/// Messages as Kafka's client takes them.
final class Records {

  private Records() {}

  /// @param partition absent: the one of its key
  static ProducerRecord<String, byte[]> of(
      Topic<?> topic, @Nullable Integer partition, Message message) {
    var record =
        new ProducerRecord<String, byte[]>(topic.name(), partition, message.key(), message.value());
    message
        .headers()
        .forEach((name, value) -> record.headers().add(name, Message.headerBytes(value)));
    return record;
  }
}
