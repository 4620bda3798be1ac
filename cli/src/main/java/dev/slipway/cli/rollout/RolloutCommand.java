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
      StartCommand.Start.class,
      StartCommand.Draft.class,
      OrderCommand.Submit.class,
      OrderCommand.Approve.class,
      OrderCommand.Reject.class,
      OrderCommand.Schedule.class,
      OrderCommand.Launch.class,
      OrderCommand.Cancel.class,
      OrderCommand.Pause.class,
      OrderCommand.Resume.class,
      OrderCommand.Advance.class,
      OrderCommand.Complete.class,
      OrderCommand.RollBack.class,
      StartCommand.Supersede.class,
      FleetOrders.Quarantine.class,
      FleetOrders.RetryFrom.class,
      FleetOrders.HaltAll.class,
      ListCommand.class,
      ListCommand.Show.class,
      ShowCommand.class,
      WatchCommand.class,
      SimulateCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class RolloutCommand {}
