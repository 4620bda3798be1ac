package dev.slipway.cli.demo;

import dev.slipway.cli.fleet.Books;
import dev.slipway.cli.fleet.FleetText;
import dev.slipway.cli.rollout.RolloutText;
import dev.slipway.cli.term.Progress;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.telemetry.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The demonstration in words.
final class DemoText {

  private final Terminal terminal;

  DemoText(Terminal terminal) {
    this.terminal = terminal;
  }

  /// What stands above the live line once it happens: stages, verdicts, ends.
  String news(ChannelView channel) {
    RolloutView rollout = channel.rollout();
    if (rollout == null) return "";
    Verdict verdict = rollout.verdict();
    String judged =
        verdict == null || verdict.health() == Verdict.Health.INCONCLUSIVE
            ? ""
            : ", " + verdict.health().name().toLowerCase(Locale.ROOT);
    return "%s  stage %d of %d, %s: %s%s"
        .formatted(
            rollout.version(),
            rollout.stage() + 1,
            rollout.stages().size(),
            rollout.exposure(),
            new RolloutText(terminal).state(rollout.state()),
            rollout.state() == RolloutState.RUNNING ? judged : "");
  }

  /// What changes all the time.
  String live(ChannelView channel, Books.Page page) {
    RolloutView rollout = channel.rollout();
    if (rollout == null) return new FleetText().line(page);
    Books.Line line = page.of(rollout.version().text());
    Verdict verdict = rollout.verdict();
    return "%s %s  %s  offered %,d  run it %,d of %,d  %s"
        .formatted(
            Progress.bar(line.running(), page.devices()),
            rollout.version(),
            rollout.exposure(),
            line.offered(),
            line.running(),
            page.devices(),
            verdict == null
                ? "no verdict yet"
                : "attempts %,d  confirmed %,d  failed %,d  e-value %s"
                    .formatted(
                        verdict.counts().attempts(),
                        verdict.counts().confirmed(),
                        verdict.counts().failures(),
                        RolloutText.number(verdict.evidence())));
  }

  List<String> summary(Demo.Outcome outcome) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        terminal.bold(
            outcome.happened()
                ? "A broken release went out, was caught and came back"
                : "Not all of it happened"));
    lines.add(
        "  %-34s %,d of %,d (%.1f %%)"
            .formatted(
                "devices that got the broken version",
                outcome.started(),
                outcome.devices(),
                100.0 * outcome.started() / outcome.devices()));
    lines.add(
        "  %-34s %,d gave it up by themselves, %,d were told to go back"
            .formatted("of those", outcome.failed(), outcome.hauledBack()));
    lines.add(
        "  %-34s %,d attempts with %,d failures, e-value %s, %.1f s after its start"
            .formatted(
                "caught after",
                outcome.attemptsAtVerdict(),
                outcome.failuresAtVerdict(),
                RolloutText.number(outcome.evidence()),
                outcome.caughtAfter().toMillis() / 1000.0));
    Long edges = outcome.edgesMillis();
    lines.add(
        "  %-34s %s"
            .formatted(
                "verdict to last edge serving old", edges == null ? "never" : edges + " ms"));
    Long back = outcome.backMillis();
    lines.add(
        "  %-34s %s"
            .formatted(
                "all devices on the good version",
                back == null ? "no" : "%.1f s after the rollback".formatted(back / 1000.0)));
    lines.add(
        "  %-34s %.1f s, of which the stack's start %.1f s"
            .formatted(
                "time taken",
                outcome.took().toMillis() / 1000.0,
                outcome.stackReadyAfter().toMillis() / 1000.0));
    lines.add("");
    lines.add("Checked against the services' answers and the fleet's own books:");
    for (Demo.Check check : outcome.checks()) {
      lines.add(
          "  %s %s (%s)"
              .formatted(
                  check.holds() ? terminal.green("yes") : terminal.red("NO "),
                  check.what(),
                  check.found()));
    }
    lines.add("");
    new FleetText().table(outcome.books()).forEach(line -> lines.add("  " + line));
    lines.add("");
    return lines;
  }
}
