package dev.slipway.cli.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Stage;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StageTextTest {

  @Test
  void hold_and_gate_may_be_left_out() {
    // When
    Stage stage = StageText.parse("2.5 %");

    // Then
    assertThat(stage)
        .isEqualTo(new Stage(new Exposure(25_000), Duration.ofMinutes(15), Stage.Gate.EVIDENCE));
  }

  @Test
  void all_three_are_read() {
    // When
    Stage stage = StageText.parse("100%,90s,Manual");

    // Then
    assertThat(stage).isEqualTo(new Stage(Exposure.ALL, Duration.ofSeconds(90), Stage.Gate.MANUAL));
    assertThat(StageText.write(stage)).isEqualTo("100 %, hold 1m30s, gate manual");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10", "0%", "101%", "10%,soon", "10%,5m,maybe", "10%,5m,time,x", "10%,-5m"})
  void anything_else_is_refused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> StageText.parse(text));
  }

  @Test
  void days_hours_and_iso_durations_are_read() {
    assertThat(StageText.duration("1d")).isEqualTo(Duration.ofDays(1));
    assertThat(StageText.duration("4h")).isEqualTo(Duration.ofHours(4));
    assertThat(StageText.duration("PT15M")).isEqualTo(Duration.ofMinutes(15));
  }

  @Test
  void e_values_are_written_with_the_digits_that_matter() {
    assertThat(RolloutText.number(0.349)).isEqualTo("0.35");
    assertThat(RolloutText.number(19.96)).isEqualTo("20.0");
    assertThat(RolloutText.number(3431.13)).isEqualTo("3,431");
    assertThat(RolloutText.number(3.2e14)).isEqualTo("3e+14");
    assertThat(RolloutText.number(Double.POSITIVE_INFINITY)).isEqualTo("Infinity");
  }
}
