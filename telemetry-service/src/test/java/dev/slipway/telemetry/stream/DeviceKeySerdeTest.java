package dev.slipway.telemetry.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceKeySerdeTest {

  private final DeviceKeySerde serde = new DeviceKeySerde();

  private byte[] bytes(String key) {
    return serde.serializer().serialize("device-stories", key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "com.example.shop/0fedcba9-8765-4321-8fed-cba987654321",
        "a.b/00000000-0000-0000-0000-000000000000",
        "a.b/ffffffff-ffff-ffff-ffff-ffffffffffff",
      })
  void whatIsWrittenComesBack(String key) {
    assertThat(serde.deserializer().deserialize("device-stories", bytes(key))).isEqualTo(key);
  }

  /// Changing this needs another name for the store.
  @Test
  void isTheAppAndSixteenBytes() {
    assertThat(bytes("a.b/0fedcba9-8765-4321-8fed-cba987654321"))
        .isEqualTo(HexFormat.of().parseHex("612e622f" + "0fedcba9876543218fedcba987654321"));
  }

  @Test
  void nothingElseIsAKey() {
    assertThatThrownBy(() -> bytes("a.b/1")).isInstanceOf(SerializationException.class);
    assertThatThrownBy(() -> serde.deserializer().deserialize("device-stories", new byte[15]))
        .isInstanceOf(SerializationException.class);
  }
}
