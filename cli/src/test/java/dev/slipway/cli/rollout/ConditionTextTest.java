package dev.slipway.cli.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Condition;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionTextTest {

  @Test
  void values() {
    assertThat(ConditionText.parse("platform=ios, android"))
        .isEqualTo(new Condition.PlatformIn(Set.of(Platform.IOS, Platform.ANDROID)));
    assertThat(ConditionText.parse("custom_id=a,b"))
        .isEqualTo(new Condition.CustomIdIn(Set.of("a", "b")));
    assertThat(ConditionText.parse("attribute:country=fr"))
        .isEqualTo(new Condition.AttributeIn("country", Set.of("fr")));
  }

  @Test
  void ranges() {
    assertThat(ConditionText.parse("native_version=5.0.0..6.0.0"))
        .isEqualTo(new Condition.NativeVersion("5.0.0", "6.0.0"));
    assertThat(ConditionText.parse("os_version=13.."))
        .isEqualTo(new Condition.OsVersion("13", null));
    assertThat(ConditionText.parse("plugin_version=..9"))
        .isEqualTo(new Condition.PluginVersion(null, "9"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "platform=android,ios",
        "native_version=5.0.0..6.0.0",
        "os_version=13..",
        "plugin_version=..9",
        "custom_id=a,b",
        "attribute:country=de,fr"
      })
  void isWrittenAsItIsTyped(String text) {
    assertThat(ConditionText.write(ConditionText.parse(text))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "platform", "=ios", "platform=symbian", "native_version=5.0.0", "colour=red"})
  void anythingElse(String text) {
    assertThatThrownBy(() -> ConditionText.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("Exception");
  }
}
