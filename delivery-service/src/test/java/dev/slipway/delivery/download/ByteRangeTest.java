package dev.slipway.delivery.download;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {

  @ParameterizedTest
  @CsvSource({
    "bytes=0-, 0, 99",
    "bytes=10-, 10, 99",
    "bytes=10-19, 10, 19",
    "bytes=99-99, 99, 99",
    "bytes=90-1000, 90, 99",
    "bytes=-10, 90, 99",
    "bytes=-1000, 0, 99",
  })
  void asksForAPart(String header, long first, long last) {
    assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Part(first, last));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=100-", "bytes=100-200", "bytes=-0"})
  void asksForNothingThatIsThere(String header) {
    assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Unsatisfiable());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=0-1,5-6",
        "bytes=-",
        "bytes=5-4",
        "items=0-1",
        "bytes=a-b",
        "bytes",
        "",
        "bytes=99999999999999999999-"
      })
  void isNotUnderstood(String header) {
    assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Whole());
  }

  @Test
  void anEmptyObjectHasNoParts() {
    assertThat(ByteRange.of("bytes=0-", 0)).isEqualTo(new ByteRange.Unsatisfiable());
    assertThat(ByteRange.of(null, 0)).isEqualTo(new ByteRange.Whole());
  }
}
