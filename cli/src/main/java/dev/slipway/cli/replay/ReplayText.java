package dev.slipway.cli.replay;

import dev.slipway.cli.replay.ReplayReport.Judged;
import dev.slipway.cli.replay.Track.Mark;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Replays as lines for a person.
final class ReplayText {

  private static final int LABEL = 24;
  private static final int COLUMN = 46;

  private final Terminal terminal;

  ReplayText(Terminal terminal) {
    this.terminal = terminal;
  }

  /// One rollout: whether its verdicts came out again, and a column for each of the settings.
  List<String> rollout(ReplayReport report) {
    var lines = new ArrayList<String>();
    lines.add(
        terminal.bold("%s/%s %s".formatted(report.appId(), report.channel(), report.version()))
            + "  "
            + report.rolloutId());
    lines.add(
        "  started %s; %s"
            .formatted(terminal.time(report.startedAt()), counted(report.deltas(), "delta")));
    lines.add("  " + match(report));
    for (var unlike : report.differences()) {
      Double replayed = unlike.replayed();
      lines.add(
          "    revision %d says %s with evidence %s; %s"
              .formatted(
                  unlike.revision(),
                  word(unlike.health()),
                  unlike.evidence(),
                  replayed == null
                      ? "its deltas are not there"
                      : "replayed evidence is " + replayed));
    }
    if (report.deltas() == 0) return lines;
    lines.add("");
    row(lines, report, "", it -> terminal.bold(pad(it.name(), COLUMN)));
    row(lines, report, "alpha", it -> percent(it.policy().alpha()));
    row(lines, report, "tolerated (p0)", it -> percent(it.policy().tolerated()));
    row(lines, report, "beta", it -> percent(it.policy().beta()));
    row(lines, report, "least to roll back", it -> least(it.policy()));
    milestone(lines, report, "gate opens", it -> it.health() == Health.HEALTHY);
    milestone(lines, report, "no stage opens", it -> it.health() == Health.DEGRADED);
    milestone(lines, report, "downloads fail", it -> it.health() == Health.FETCH_FAILING);
    milestone(lines, report, "silent", it -> it.health() == Health.SILENT);
    milestone(lines, report, "incident", it -> it.health() == Health.INCIDENT);
    milestone(lines, report, "unhealthy", it -> it.health() == Health.UNHEALTHY);
    milestone(lines, report, "pauses", it -> it.action() == Action.PAUSE);
    milestone(lines, report, "rolls back", it -> it.action() == Action.ROLL_BACK);
    row(lines, report, "after the last delta", it -> end(it.end()));
    lines.add("");
    report.judged().forEach(it -> sentence(lines, it));
    if (report.asked() != null) {
      lines.add("");
      lines.add(
          terminal.faint(
              "  Once the recorded verdict had stopped the rollout, only devices that had the version"
                  + " went on to report: where the asked"));
      lines.add(
          terminal.faint(
              "  settings decide later, or never, more devices would have been offered it, and more"
                  + " would have been heard."));
    }
    return lines;
  }

  private String match(ReplayReport report) {
    String older =
        report.passedOver() == 0
            ? ""
            : " (%,d older ones were not compared)".formatted(report.passedOver());
    if (report.verdicts() == 0) return "no verdict is on record: there is nothing to compare";
    if (report.match()) {
      return terminal.green(
              report.verdicts() == 1
                  ? "the verdict on record comes out again, to the bit"
                  : "all %,d verdicts on record come out again, to the bit"
                      .formatted(report.verdicts()))
          + older;
    }
    String reason = report.reason();
    return terminal.red(
            "%,d of %s on record do not come out again"
                .formatted(
                    report.verdicts() - report.reproduced(), counted(report.verdicts(), "verdict")))
        + older
        + (reason == null ? "" : ": " + reason);
  }

  private static void row(
      List<String> lines, ReplayReport report, String label, Function<Judged, String> value) {
    var line = new StringBuilder("  ").append(pad(label, LABEL));
    report.judged().forEach(judged -> line.append(pad(value.apply(judged), COLUMN)));
    lines.add(line.toString().stripTrailing());
  }

  /// Left out where it never came to that.
  private void milestone(
      List<String> lines, ReplayReport report, String label, Predicate<Mark> kind) {
    if (report.judged().noneMatch(it -> it.marks().stream().anyMatch(kind))) return;
    row(
        lines,
        report,
        label,
        judged ->
            judged.marks().stream()
                .filter(kind)
                .findFirst()
                .map(mark -> when(report.startedAt(), mark))
                .orElse("never"));
  }

  private static String when(Instant start, Mark mark) {
    return "after %s, %s, %s"
        .formatted(
            counted(mark.attempts(), "attempt"),
            counted(mark.failures(), "failure"),
            age(Duration.between(start, mark.at())));
  }

  private static String end(@Nullable Mark end) {
    return end == null
        ? "nothing seen"
        : "%s, evidence %s, gate %s"
            .formatted(word(end.health()), number(end.evidence()), number(end.gate()));
  }

  /// What was said when it decided; what is said at the end where it never did.
  private void sentence(List<String> lines, Judged judged) {
    var deciding =
        judged.marks().stream()
            .filter(mark -> mark.action() != Action.NONE)
            .reduce((one, other) -> stronger(one, other))
            .orElse(judged.end());
    if (deciding == null) return;
    lines.add("  %s: %s".formatted(terminal.bold(judged.name()), deciding.sentence()));
  }

  private static Mark stronger(Mark one, Mark other) {
    return other.action().compareTo(one.action()) > 0 ? other : one;
  }

  /// Several rollouts, a row for each.
  List<String> rollouts(List<ReplayReport> reports) {
    var lines = new ArrayList<String>();
    lines.add(
        terminal.bold(
            "%-36s  %-32s  %-19s  %8s  %8s  %-10s  %s"
                .formatted(
                    "rollout", "version", "started", "deltas", "verdicts", "reproduced", "said")));
    for (var report : reports) {
      var asked = report.asked();
      lines.add(
          "%-36s  %-32s  %-19s  %,8d  %,8d  %s  %s"
              .formatted(
                  report.rolloutId(),
                  "%s/%s %s".formatted(report.appId(), report.channel(), report.version()),
                  terminal.time(report.startedAt()),
                  report.deltas(),
                  report.verdicts(),
                  yesOrNo(report),
                  said(report.recorded())
                      + (asked == null ? "" : "; asked settings: " + said(asked))));
      String reason = report.reason();
      if (reason != null) lines.add("  " + reason);
    }
    return lines;
  }

  private String yesOrNo(ReplayReport report) {
    if (report.verdicts() == 0) return pad("-", 10);
    return report.match()
        ? terminal.green(pad("yes", 10))
        : terminal.red(pad("no: %d/%d".formatted(report.reproduced(), report.verdicts()), 10));
  }

  private static String said(Judged judged) {
    var strongest = judged.marks().stream().reduce(ReplayText::stronger);
    if (strongest.isEmpty()) return "nothing";
    var mark = strongest.get();
    return switch (mark.action()) {
      case ROLL_BACK, PAUSE ->
          "%s, %s after %s"
              .formatted(
                  word(mark.health()),
                  mark.action() == Action.PAUSE ? "pause" : "roll back",
                  counted(mark.attempts(), "attempt"));
      case NONE -> {
        var end = judged.end();
        yield end == null ? "nothing" : word(end.health());
      }
    };
  }

  private static String least(Policy policy) {
    return "%s, %s, %s"
        .formatted(
            counted(policy.minAttempts(), "attempt"),
            counted(policy.minFailures(), "failure"),
            counted(policy.minNetworks(), "network"));
  }

  static String word(Health health) {
    return health.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  static String counted(long number, String what) {
    return number == 1
        ? "1 " + what
        : "%,d %s".formatted(number, what.endsWith("y") ? what : what + "s");
  }

  static String percent(double share) {
    return (share < 1e-7 ? number(share * 100) : trimmed(share * 100, 6)) + " %";
  }

  /// Three figures, or a power of ten.
  static String number(double value) {
    if (value == 0) return "0";
    if (value >= 0.001 && value < 1_000_000) {
      return value >= 100
          ? String.format(Locale.ROOT, "%,.0f", value)
          : trimmed(value, value >= 1 ? 2 : 4);
    }
    return String.format(Locale.ROOT, "%.1e", value).replaceFirst("e([+-])0*(\\d)", "e$1$2");
  }

  private static String trimmed(double value, int digits) {
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    return text.replaceFirst("\\.?0+$", "");
  }

  private static String age(Duration age) {
    if (age.toDays() > 0) return "%d d %d h".formatted(age.toDays(), age.toHoursPart());
    if (age.toHours() > 0) return "%d h %d min".formatted(age.toHours(), age.toMinutesPart());
    if (age.toMinutes() > 0) return "%d min %d s".formatted(age.toMinutes(), age.toSecondsPart());
    return String.format(Locale.ROOT, "%.1f s", age.toMillis() / 1000.0);
  }

  private static String pad(String text, int width) {
    return text.length() >= width ? text + " " : text + " ".repeat(width - text.length());
  }
}
