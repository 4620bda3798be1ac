package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.APP;
import static dev.slipway.telemetry.PluginTrace.CHANNEL;
import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.telemetry.story.Story.Change;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PendingTest {

  private static final Count COUNT =
      new Count(Signal.HEALTH, Arm.CONTROL, 7, Platform.ELECTRON, Sender.ENROLLED, "n", 300, -2, 1);

  /// Every constant of every enum in it at least once.
  private static List<Count> everyKind() {
    var counts = new ArrayList<Count>();
    for (Signal signal : Signal.values()) {
      for (Arm arm : Arm.values()) {
        for (Platform platform : Platform.values()) {
          for (Sender sender : Sender.values()) {
            counts.add(new Count(signal, arm, 3, platform, sender, "n", 1, -1, 0));
          }
        }
      }
    }
    return counts;
  }

  @Test
  void whatIsWrittenComesBack() {
    // Given
    var pending = new Pending(APP, CHANNEL);
    pending.add(
        new Change(
            ROLLOUT,
            CHANNEL,
            everyKind(),
            new TreeMap<>(Map.of("not-exposed", 2L, "no-attempt", -1L)),
            new TreeMap<>(Map.of(0, 3L, 720, -1L))));

    // When
    var read = Pending.read(pending.write());

    // Then
    assertThat(read.appId()).isEqualTo(APP);
    assertThat(read.channel()).isEqualTo(CHANNEL);
    assertThat(read.counts()).isEqualTo(everyKind());
    assertThat(read.exclusions()).isEqualTo(pending.exclusions());
    assertThat(read.returns()).isEqualTo(pending.returns());
  }

  @Test
  void sumsOfNothingAreNotSaid() {
    var pending = new Pending(APP, CHANNEL);
    var change =
        new Change(
            ROLLOUT,
            CHANNEL,
            List.of(COUNT),
            new TreeMap<>(Map.of("no-attempt", 1L)),
            new TreeMap<>());
    var back =
        new Change(
            ROLLOUT,
            CHANNEL,
            List.of(COUNT.negated()),
            new TreeMap<>(Map.of("no-attempt", -1L)),
            new TreeMap<>());

    pending.add(change);
    pending.add(back);

    assertThat(pending.counts()).isEmpty();
    assertThat(pending.exclusions()).isEmpty();
  }

  /// It must be read as long as there may be state in it.
  @Test
  void theLayoutOfACountStays() {
    assertThat(HexFormat.of().formatHex(CountFormat.write(List.of(COUNT))))
        .isEqualTo("0101020107020201" + "6ed8040302");
    assertThat(CountFormat.read(CountFormat.write(List.of(COUNT)))).containsExactly(COUNT);
    assertThatThrownBy(() -> CountFormat.read(new byte[] {2, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("format 2");
  }
}
