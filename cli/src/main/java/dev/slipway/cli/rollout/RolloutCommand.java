package dev.slipway.cli.rollout;

import picocli.CommandLine.Command;

/// Rollouts.
@Command(
    name = "rollout",
    header = "Gives a published version to ever more devices, or takes it back.",
    description = {
      "",
      "A rollout widens in stages. Each stage is held for a time and then waits for its gate: the"
          + " fleet's reports, a person, or nothing. If more devices fail to start the version than"
          + " the policy tolerates, it is rolled back without anybody's help.",
      ""
    },
    subcommands = {
      StartCommand.class,
      ShowCommand.class,
      WatchCommand.class,
      OrderCommand.Pause.class,
      OrderCommand.Resume.class,
      OrderCommand.Advance.class,
      OrderCommand.RollBack.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class RolloutCommand {}
