package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.cli.people.Asking;
import dev.slipway.contracts.rollout.Republished;
import java.util.Map;
import picocli.CommandLine.Command;

/// Work on the installation itself.
@Command(
    name = "admin",
    header = "Work on the installation itself.",
    subcommands = AdminCommand.Republish.class,
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AdminCommand {

  @Command(
      name = "republish",
      header = "Says the state of every app, channel, override and access key again.",
      description = {
        "",
        "After a restore of the database, or when Kafka lost its topics. What is said again has a"
            + " new epoch or revision, and so also wins against what Kafka kept from before a restore."
            + " It can be repeated.",
        "",
        "Example: ./slipway admin republish",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Republish extends Asking {
    Republish(Surroundings surroundings) {
      super(surroundings);
    }

    @Override
    public Integer call() {
      Republished said = rollout().post("/v1/republish", Map.of(), Republished.class);
      if (asJson(said)) return 0;
      terminal()
          .line(
              "Said again: %,d apps, %,d channels, %,d overrides, %,d access keys"
                  .formatted(said.apps(), said.channels(), said.overrides(), said.accessKeys()));
      return 0;
    }
  }
}
