package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.rollout.RolloutView;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A new rollout, started or written down.
abstract class StartCommand extends AboutChannel {

  @Mixin final Reason reason = new Reason();
  @Mixin final PlanOptions plan = new PlanOptions();

  StartCommand(Surroundings surroundings) {
    super(surroundings);
  }

  abstract RolloutView send();

  @Override
  protected Integer run() {
    RolloutView view = send();
    if (asJson(view)) return 0;
    var terminal = terminal();
    terminal.line(
        terminal.green(
                view.state().isActive()
                    ? "The rollout of %s has started".formatted(view.version())
                    : "The rollout of %s is written down".formatted(view.version()))
            + ", id "
            + view.rolloutId());
    for (int i = 0; i < view.stages().size(); i++) {
      terminal.line("  stage %d  %s".formatted(i + 1, StageText.write(view.stages().get(i))));
    }
    for (var condition : view.targeting()) {
      terminal.line("  where    " + ConditionText.write(condition));
    }
    terminal.line(
        (view.state().isActive()
                ? "Next: ./slipway rollout watch --app %s --channel %s"
                : "Next: ./slipway rollout submit --app %s --channel %s --reason …, or launch")
            .formatted(view.appId(), view.channel()));
    return 0;
  }

  @Command(
      name = "start",
      header = "Starts a rollout of a published version.",
      description = {
        "",
        "Without --stage: 1000 devices, 2 %%, 10 %%, 50 %%, 100 %%, each held for 15 minutes and until"
            + " the fleet's reports say that it is healthy.",
        "",
        "Example:",
        "  ./slipway rollout start --app com.example.app --app-version 1.4.2 \\",
        "      --stage 2%%,1h --stage 25%%,4h --stage 100%%,0s,manual \\",
        "      --reason 'faster start'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Start extends StartCommand {
    Start(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    RolloutView send() {
      var body = plan.plan(null, null, reason.text);
      return rollout().post(channelPath() + "/rollouts", body, RolloutView.class);
    }
  }

  @Command(
      name = "supersede",
      header = "Starts a rollout in place of the one that is under way.",
      description = {
        "",
        "The new one keeps the cohorts: devices that got the old version first get the new one"
            + " first. Devices on the old version keep it until then.",
        "",
        "Example:",
        "  ./slipway rollout supersede --app com.example.app --app-version 1.4.3 \\",
        "      --reason 'fixes the crash of 1.4.2'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Supersede extends StartCommand {
    Supersede(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    RolloutView send() {
      var body = plan.plan(null, true, reason.text);
      return rollout().post(channelPath() + "/rollouts", body, RolloutView.class);
    }
  }

  @Command(
      name = "draft",
      header = "Writes a rollout down, to be approved, scheduled or launched later.",
      description = {
        "",
        "Example:",
        "  ./slipway rollout draft --app com.example.app --app-version 1.4.2 \\",
        "      --start-at 2026-12-01T08:00:00Z --reason 'the December release'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Draft extends StartCommand {
    @Option(
        names = "--start-at",
        paramLabel = "INSTANT",
        description = "When it is to start once it is approved, such as 2026-12-01T08:00:00Z.")
    @Nullable Instant startAt;

    Draft(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    RolloutView send() {
      var body = plan.plan(startAt, null, reason.text);
      return rollout().post(channelPath() + "/drafts", body, RolloutView.class);
    }
  }
}
