package dev.slipway.cli.rollout;

import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A channel and its rollout in words.
public final class RolloutText {

  private static final double HUGE = 1e6;

  private final Terminal terminal;

  public RolloutText(Terminal terminal) {
    this.terminal = terminal;
  }

  /// All of it, for `status`.
  public List<String> full(ChannelView channel) {
    List<String> lines = new ArrayList<>();
    lines.add(terminal.bold("%s, channel %s".formatted(channel.appId(), channel.channel())));
    lines.add("  baseline   " + channel.baseline());
    if (!channel.quarantined().isEmpty()) lines.add("  quarantine " + channel.quarantined());
    lines.add("  edges      " + edges(channel.edges()));
    RolloutView rollout = channel.rollout();
    if (rollout == null) {
      lines.add("  rollout    none yet");
      return lines;
    }
    lines.add(
        "  rollout    %s of %s (%s), started %s"
            .formatted(
                state(rollout.state()),
                rollout.version(),
                rollout.rolloutId(),
                terminal.time(rollout.startedAt())));
    for (int i = 0; i < rollout.stages().size(); i++) {
      String mark = i < rollout.stage() ? "done" : i == rollout.stage() ? "now " : "    ";
      lines.add(
          "    stage %d  %s  %s".formatted(i + 1, mark, StageText.write(rollout.stages().get(i))));
    }
    lines.add("  because    " + cause(rollout.cause()));
    Verdict verdict = rollout.verdict();
    if (verdict == null) {
      lines.add("  verdict    none yet");
    } else {
      lines.add(
          "  verdict    %s, %s"
              .formatted(health(verdict.health()), terminal.time(verdict.decidedAt())));
      lines.add("             " + verdict.sentence());
      lines.add("             " + evidence(rollout, verdict));
    }
    return lines;
  }

  /// One line, for `watch`.
  public String line(ChannelView channel, Instant now) {
    RolloutView rollout = channel.rollout();
    String head =
        "%s  epoch %d  baseline %s"
            .formatted(terminal.clock(now), channel.epoch(), channel.baseline());
    if (rollout == null) return head + "  no rollout";
    Verdict verdict = rollout.verdict();
    return "%s  %s %s  stage %d/%d %s  %s  edges %s"
        .formatted(
            head,
            rollout.version(),
            state(rollout.state()),
            rollout.stage() + 1,
            rollout.stages().size(),
            rollout.exposure(),
            verdict == null ? "no verdict yet" : evidence(rollout, verdict),
            edges(channel.edges()));
  }

  /// Attempts, failures and what they prove.
  public String evidence(RolloutView rollout, Verdict verdict) {
    var counts = verdict.counts();
    return "attempts %,d  confirmed %,d  failed %,d  e-value %s of %s  gate %s of %s"
        .formatted(
            counts.attempts(),
            counts.confirmed(),
            counts.failures(),
            number(verdict.evidence()),
            number(1 / rollout.policy().alpha()),
            number(verdict.gate()),
            number(1 / rollout.policy().beta()));
  }

  public String state(RolloutState state) {
    return switch (state) {
      case RUNNING -> "running";
      case PAUSED -> terminal.yellow("paused");
      case COMPLETED -> terminal.green("completed");
      case ROLLED_BACK -> terminal.red("rolled back");
    };
  }

  private String health(Verdict.Health health) {
    return switch (health) {
      case INCIDENT -> terminal.red("incident");
      case UNHEALTHY -> terminal.red("unhealthy");
      case FETCH_FAILING -> terminal.yellow("fetch failing");
      case SILENT -> terminal.yellow("silent");
      case DEGRADED -> terminal.yellow("degraded");
      case HEALTHY -> terminal.green("healthy");
      case INCONCLUSIVE -> "inconclusive";
    };
  }

  static String edges(ChannelView.Edges edges) {
    String text = "%d of %d serve it".formatted(edges.serving(), edges.live());
    Long millis = edges.millis();
    if (millis != null) text += ", the last after " + millis + " ms";
    if (!edges.missing().isEmpty()) text += ", missing " + String.join(", ", edges.missing());
    return text;
  }

  /// Who or what brought a change about.
  public static String cause(Cause cause) {
    return switch (cause) {
      case Cause.Person(var key, var reason) -> "\"%s\" (access key %s)".formatted(reason, key);
      case Cause.Evidence(var verdict) -> "the fleet's reports: " + verdict.sentence();
      case Cause.Schedule() -> "its hold was over";
    };
  }

  /// An e-value for people: two digits that matter are enough.
  public static String number(double value) {
    if (Double.isNaN(value)) return "?";
    if (value >= HUGE) return String.format(Locale.ROOT, "%.0e", value);
    if (value >= 100) return String.format(Locale.ROOT, "%,.0f", value);
    if (value >= 1) return String.format(Locale.ROOT, "%.1f", value);
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
