package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.StartRollout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "start",
    header = "Starts a rollout of a published version.",
    description = {
      "",
      "Without --stage: 1 %%, 10 %%, 50 %%, 100 %%, each held for 15 minutes and until the fleet's"
          + " reports say that it is healthy.",
      "",
      "Example: ./slipway rollout start --app com.example.app --app-version 1.4.2 --stage 2%%,1h"
          + " --stage 25%%,4h --stage 100%%,0s,manual --reason 'faster start'",
      ""
    },
    mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {

  @Option(
      names = "--app-version",
      paramLabel = "VERSION",
      required = true,
      description = "The published version.")
  Version version = Version.BUILTIN;

  @Option(
      names = "--stage",
      paramLabel = "EXPOSURE,HOLD,GATE",
      description =
          "A stage, such as 10%%,15m,evidence; the gate is evidence, manual or time. Repeat it, with"
              + " rising exposures, the last one 100%%.")
  List<Stage> stages = List.of();

  @Option(
      names = "--reason",
      defaultValue = "started from the command line",
      description = "Why, for those who read it later.")
  String reason = "";

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @ArgGroup(
      exclusive = false,
      heading = "%nHow it is judged; unless given, the shipped settings:%n")
  @Nullable Judgement judgement;

  /// The settings of the policy that fleets differ in most.
  static final class Judgement {
    @Option(
        names = "--base-rate",
        defaultValue = "0.01",
        description = "The app's usual share of failed starts; default: ${DEFAULT-VALUE}.")
    double baseRate;

    @Option(
        names = "--tolerated",
        description = "The share of failed starts that is still tolerated.")
    @Nullable Double tolerated;

    @Option(
        names = "--alpha",
        defaultValue = "0.001",
        description =
            "Chance of ever rolling back a release that is no worse than tolerated; default: ${DEFAULT-VALUE}.")
    double alpha;

    @Option(
        names = "--beta",
        defaultValue = "0.05",
        description = "Chance that a bad release passes the gate; default: ${DEFAULT-VALUE}.")
    double beta;

    @Option(
        names = "--min-attempts",
        defaultValue = "300",
        description = "Roll back from so many attempts on; default: ${DEFAULT-VALUE}.")
    int minAttempts;

    @Option(
        names = "--min-failures",
        defaultValue = "20",
        description = "And so many failures; default: ${DEFAULT-VALUE}.")
    int minFailures;

    @Option(
        names = "--min-networks",
        defaultValue = "10",
        description =
            "From so many networks; default: ${DEFAULT-VALUE}. Lower figures are for small fleets that you trust.")
    int minNetworks;

    @Option(
        names = "--on-unhealthy",
        defaultValue = "ROLLBACK",
        description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
    Policy.OnUnhealthy onUnhealthy = Policy.OnUnhealthy.ROLLBACK;

    @Option(
        names = "--min-soak",
        defaultValue = "4h",
        description = "No stage above 10 %% opens earlier; default: ${DEFAULT-VALUE}.")
    Duration minSoak = Duration.ofHours(4);

    Policy policy() {
      Policy usual = Policy.forBaseRate(baseRate, false);
      return new Policy(
          alpha,
          beta,
          baseRate,
          false,
          tolerated == null ? usual.tolerated() : tolerated,
          minAttempts,
          minFailures,
          minNetworks,
          onUnhealthy,
          minSoak);
    }
  }

  @Mixin final ChannelOf channel;
  private final Surroundings surroundings;

  StartCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.channel = new ChannelOf(surroundings);
  }

  @Override
  public Integer call() {
    var api = channel.api();
    RolloutView started =
        api.post(
            channel.path() + "/rollouts",
            new StartRollout(version, stages.isEmpty() ? null : stages, policy(), reason),
            RolloutView.class);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(started);
      return 0;
    }
    terminal.line(
        terminal.green("The rollout of %s has started".formatted(started.version()))
            + ", id "
            + started.rolloutId());
    for (int i = 0; i < started.stages().size(); i++) {
      terminal.line("  stage %d  %s".formatted(i + 1, StageText.write(started.stages().get(i))));
    }
    terminal.line(
        "Next: ./slipway rollout watch --app %s --channel %s"
            .formatted(started.appId(), started.channel()));
    return 0;
  }

  private @Nullable Policy policy() {
    try {
      return judgement == null ? null : judgement.policy();
    } catch (IllegalArgumentException e) {
      throw new dev.slipway.cli.CommandFailure("This policy cannot be: " + e.getMessage(), e);
    }
  }
}
