package dev.slipway.cli.rollout;

import dev.slipway.contracts.rollout.Reach;
import dev.slipway.contracts.rollout.Stage;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;

/// How a stage is typed: `10%,15m,evidence` or `1000 devices,1h`. Hold and gate may be left out.
public final class StageText {

  private static final Duration USUAL_HOLD = Duration.ofMinutes(15);

  private StageText() {}

  /// @throws IllegalArgumentException if the text is not a stage
  public static Stage parse(String text) {
    String[] parts = text.split(",", -1);
    if (parts.length > 3) {
      throw new IllegalArgumentException(
          "a stage is written EXPOSURE,HOLD,GATE as in 10%,15m,evidence or '1000 devices,1h'");
    }
    return new Stage(
        Reach.of(parts[0]),
        parts.length > 1 ? duration(parts[1].strip()) : USUAL_HOLD,
        parts.length > 2 ? gate(parts[2].strip()) : Stage.Gate.EVIDENCE);
  }

  public static String write(Stage stage) {
    return "%s, hold %s, gate %s"
        .formatted(
            stage.exposure(), duration(stage.hold()), stage.gate().name().toLowerCase(Locale.ROOT));
  }

  /// `90s`, `15m`, `4h`, `1d` or ISO 8601.
  public static Duration duration(String text) {
    String iso =
        text.startsWith("P") || text.startsWith("p")
            ? text
            : text.toLowerCase(Locale.ROOT).endsWith("d") ? "P" + text : "PT" + text;
    try {
      return Duration.parse(iso);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("a duration is written 90s, 15m, 4h, 1d or PT15M", e);
    }
  }

  /// The shortest of these ways to write it.
  public static String duration(Duration duration) {
    return duration.isZero() ? "none" : duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }

  private static Stage.Gate gate(String text) {
    for (Stage.Gate gate : Stage.Gate.values()) {
      if (gate.name().equalsIgnoreCase(text)) return gate;
    }
    throw new IllegalArgumentException("a gate is evidence, manual or time");
  }
}
