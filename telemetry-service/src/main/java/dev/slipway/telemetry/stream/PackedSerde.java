package dev.slipway.telemetry.stream;

import java.util.function.Function;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/// Values of our own stores in a layout of our own, which begins with its format's number: for what
/// is read and written with each report, where names of members and texts of times would be most of
/// the work.
record PackedSerde<T>(Function<T, byte[]> write, Function<byte[], T> read) implements Serde<T> {

  @Override
  public Serializer<T> serializer() {
    return (store, value) -> value == null ? null : write.apply(value);
  }

  @Override
  public Deserializer<T> deserializer() {
    return (store, bytes) -> {
      try {
        return bytes == null ? null : read.apply(bytes);
      } catch (IllegalArgumentException e) {
        throw new SerializationException(
            "a value of " + store + " cannot be read: " + e.getMessage(), e);
      }
    };
  }
}
