package dev.slipway.telemetry.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/// The key of a device, `app/device`, with the device's UUID as its 16 bytes instead of its 36
/// characters: keys are a good part of what stories take in memory, on disk and in the changelog.
/// All devices of an app are neighbours. Thread-safe.
final class DeviceKeySerde implements Serde<String> {

  private static final int UUID_CHARACTERS = 36;
  private static final int UUID_BYTES = 16;
  private static final int HEX = 16;

  @Override
  public Serializer<String> serializer() {
    return (store, key) -> key == null ? null : bytes(key);
  }

  @Override
  public Deserializer<String> deserializer() {
    return (store, bytes) -> bytes == null ? null : text(bytes);
  }

  /// @param key with a UUID in lower case, as ids of devices are
  private static byte[] bytes(String key) {
    int app = key.length() - UUID_CHARACTERS;
    if (app < 0) throw new SerializationException("a device's key ends in a UUID");
    byte[] to =
        Arrays.copyOf(key.substring(0, app).getBytes(StandardCharsets.US_ASCII), app + UUID_BYTES);
    int place = app;
    int digits = 0;
    int value = 0;
    for (int i = app; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c == '-') continue;
      value = value * HEX + (c <= '9' ? c - '0' : c - 'a' + 10);
      if (++digits % 2 != 0) continue;
      to[place++] = (byte) value;
      value = 0;
    }
    return to;
  }

  private static String text(byte[] bytes) {
    int app = bytes.length - UUID_BYTES;
    if (app < 0) throw new SerializationException("a device's key ends in a UUID");
    var device = new UUID(eight(bytes, app), eight(bytes, app + Long.BYTES));
    return new String(bytes, 0, app, StandardCharsets.US_ASCII) + device;
  }

  private static long eight(byte[] bytes, int from) {
    long value = 0;
    for (int i = from; i < from + Long.BYTES; i++) value = value << Byte.SIZE | bytes[i] & 0xFF;
    return value;
  }
}
