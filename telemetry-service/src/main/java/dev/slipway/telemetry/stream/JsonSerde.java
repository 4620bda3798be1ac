package dev.slipway.telemetry.stream;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.slipway.contracts.Json;
import java.io.IOException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/// Values of our own stores as JSON, read leniently, so that a later version may add members.
final class JsonSerde<T> implements Serde<T> {

  private final ObjectWriter writer;
  private final ObjectReader reader;

  JsonSerde(Class<T> type) {
    this.writer = Json.LENIENT.writerFor(type);
    this.reader = Json.LENIENT.readerFor(type);
  }

  @Override
  public Serializer<T> serializer() {
    return (store, value) -> {
      try {
        return value == null ? null : writer.writeValueAsBytes(value);
      } catch (IOException e) {
        throw new SerializationException("a value of " + store + " cannot be written", e);
      }
    };
  }

  @Override
  public Deserializer<T> deserializer() {
    return (store, bytes) -> {
      try {
        return bytes == null ? null : reader.readValue(bytes);
      } catch (IOException e) {
        throw new SerializationException("a value of " + store + " cannot be read", e);
      }
    };
  }
}
