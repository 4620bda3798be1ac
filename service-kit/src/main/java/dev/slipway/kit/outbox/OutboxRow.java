package dev.slipway.kit.outbox;

import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/// One message that waits to be sent.
record OutboxRow(
    long id, String topic, String key, Map<String, String> headers, byte @Nullable [] value) {

  ProducerRecord<String, byte[]> record() {
    var record = new ProducerRecord<String, byte[]>(topic, null, key, value);
    headers.forEach(
        (name, text) ->
            record.headers().add(name, dev.slipway.contracts.topic.Message.headerBytes(text)));
    return record;
  }
}
