package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionOrderTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "13", "17.4.1", "10.0.19045", "1.0.0-beta.2", "1.0.0+build.7", "01.002"})
  void versions(String text) {
    assertThat(VersionOrder.isVersion(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "1.",
        ".1",
        "1..2",
        "v1",
        "1.0-",
        "1.0+",
        "1.0-a..b",
        " 1",
        "1 ",
        "1.x",
        "١.٠",
        "1.0 beta"
      })
  void noVersions(String text) {
    assertThat(VersionOrder.isVersion(text)).isFalse();
  }

  @Test
  void aTextTooLongIsNone() {
    assertThat(VersionOrder.isVersion("1".repeat(65))).isFalse();
    assertThat(VersionOrder.isVersion("1".repeat(64))).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1.0.0, 0",
    "1.2, 1.10, -1",
    "9, 10, -1",
    "10.0.19045, 10.0.22000, -1",
    "1.0.0-beta, 1.0.0, -1",
    "1.0.0-beta, 1, -1",
    "1.0.0-alpha.1, 1.0.0-alpha.beta, -1",
    "1.0.0-alpha, 1.0.0-alpha.1, -1",
    "1.0.0-beta.2, 1.0.0-beta.11, -1",
    "1.0.0-rc, 1.0.0-beta, 1",
    "1.0.0+a, 1.0.0+b, 0",
    "1.0.0-a+x, 1.0.0-a, 0",
    "01.002, 1.2, 0",
    "123456789012345678901234567890, 123456789012345678901234567891, -1",
    "17.4.1, 17.4, 1"
  })
  void order(String one, String other, int expected) {
    assertThat(Integer.signum(VersionOrder.compare(one, other))).isEqualTo(expected);
    assertThat(Integer.signum(VersionOrder.compare(other, one))).isEqualTo(-expected);
    assertThat(VersionOrder.compare(one, one)).isZero();
  }
}
