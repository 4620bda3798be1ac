package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.rollout.RolloutPreview;
import dev.slipway.contracts.rollout.RolloutPreview.PreviewStage;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "simulate",
    aliases = "preview",
    header = "Shows what a rollout would do, and does nothing.",
    description = {
      "",
      "For each stage: how many devices it exposes, and for releases of which 2, 3, 5 and 10 %% of"
          + " the starts fail: the chance that the reports condemn it by the end of the stage, and how"
          + " many devices it breaks until then. The chances are computed, not sampled; they assume that"
          + " every device of the stage tries the version once.",
      "",
      "Example:",
      "  ./slipway rollout simulate --app com.example.app --app-version 1.4.2 \\",
      "      --stage '1000 devices' --stage 10%%,4h --stage 100%%",
      ""
    },
    mixinStandardHelpOptions = true)
final class SimulateCommand extends AboutChannel {

  @Option(
      names = "--supersede",
      description = "In place of the rollout that is under way, if there is one.")
  boolean supersede;

  @Mixin final PlanOptions plan = new PlanOptions();

  SimulateCommand(Surroundings surroundings) {
    super(surroundings);
  }

  @Override
  protected Integer run() {
    var body = plan.plan(null, supersede, "a preview");
    RolloutPreview preview =
        rollout().post(channelPath() + "/rollouts/preview", body, RolloutPreview.class);
    if (asJson(preview)) return 0;
    var terminal = terminal();
    Long eligible = preview.eligible();
    terminal.line(
        terminal.bold(
            "%s on %s: %s eligible devices%s"
                .formatted(
                    preview.version(),
                    channel,
                    eligible == null ? "an unknown number of" : "%,d".formatted(eligible),
                    preview.upperBound() ? " at most" : "")));
    terminal.line();
    terminal.line(
        "                                  chance to be caught, devices broken, at a failure rate of");
    terminal.line("  stage  reach          devices" + rates(preview.stages().getFirst()));
    for (var stage : preview.stages()) terminal.line(row(stage));
    if (!preview.overlaps().isEmpty()) {
      terminal.line();
      terminal.line("  devices of the first and of the last stage that were offered before:");
    }
    for (var overlap : preview.overlaps()) {
      terminal.line(
          "    %-12s %-12s %8s %8s"
              .formatted(
                  overlap.version(),
                  new RolloutText(terminal).state(overlap.state()),
                  percent(overlap.shared().getFirst()),
                  percent(overlap.shared().getLast())));
    }
    if (!preview.warnings().isEmpty()) terminal.line();
    for (var warning : preview.warnings()) terminal.line("  " + terminal.yellow(warning));
    String refusal = preview.refusal();
    if (refusal != null) terminal.line("  " + terminal.red("Not now: " + refusal));
    return 0;
  }

  private static String rates(PreviewStage stage) {
    var text = new StringBuilder();
    for (var rate : stage.catches()) {
      text.append("%18s".formatted(percent(rate.failureRate())));
    }
    return text.toString();
  }

  private static String row(PreviewStage stage) {
    Long devices = stage.devices();
    var text =
        new StringBuilder(
            "  %-5d  %-13s %8s"
                .formatted(
                    stage.stage() + 1,
                    stage.reach(),
                    devices == null ? "?" : "%,d".formatted(devices)));
    if (stage.skipped()) return text + "  adds nobody: left out";
    for (var rate : stage.catches()) {
      text.append("%18s".formatted(percent(rate.caught()) + " %,9.0f".formatted(rate.broken())));
    }
    return text.toString();
  }

  private static String percent(double share) {
    double percent = 100 * share;
    return String.format(
        Locale.ROOT,
        percent > 0 && percent < 1 || percent > 99 && percent < 100 ? "%.1f %%" : "%.0f %%",
        percent);
  }
}
