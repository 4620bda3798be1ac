package dev.slipway.cli.rollout;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RolloutOrder;
import dev.slipway.contracts.rollout.RolloutView;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// An order to the channel's rollout.
abstract class OrderCommand implements Callable<Integer> {

  @Option(names = "--reason", required = true, description = "Why, for those who read it later.")
  String reason = "";

  @Option(
      names = "--epoch",
      description =
          "The channel's epoch that you saw: refuses the order if something changed since.")
  @Nullable Long epoch;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final ChannelOf channel;
  private final Surroundings surroundings;
  private final String verb;

  OrderCommand(Surroundings surroundings, String verb) {
    this.surroundings = surroundings;
    this.channel = new ChannelOf(surroundings);
    this.verb = verb;
  }

  @Override
  public Integer call() {
    var api = channel.api();
    ChannelView before = channel.view(api);
    RolloutView rollout = before.rollout();
    if (rollout == null) throw new CommandFailure("This channel has no rollout");
    RolloutView after =
        api.post(
            "/v1/apps/%s/rollouts/%s/%s".formatted(channel.app(), rollout.rolloutId(), verb),
            new RolloutOrder(reason, epoch),
            RolloutView.class);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(after);
      return 0;
    }
    var text = new RolloutText(terminal);
    terminal.line(
        "The rollout of %s is %s, stage %d of %d, %s"
            .formatted(
                after.version(),
                text.state(after.state()),
                after.stage() + 1,
                after.stages().size(),
                after.exposure()));
    return 0;
  }

  @Command(
      name = "pause",
      header = "Offers the version to nobody new.",
      description = {
        "",
        "Devices that run it keep it; resume goes on where it stood.",
        "",
        "Example: ./slipway rollout pause --app com.example.app --reason 'looking into a report'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Pause extends OrderCommand {
    Pause(Surroundings surroundings) {
      super(surroundings, "pause");
    }
  }

  @Command(
      name = "resume",
      header = "Goes on with a paused rollout.",
      description = {
        "",
        "Example: ./slipway rollout resume --app com.example.app --reason 'false alarm'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Resume extends OrderCommand {
    Resume(Surroundings surroundings) {
      super(surroundings, "resume");
    }
  }

  @Command(
      name = "advance",
      header = "Opens the next stage now.",
      description = {
        "",
        "Neither hold nor gate are waited for.",
        "",
        "Example: ./slipway rollout advance --app com.example.app --reason 'hotfix'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Advance extends OrderCommand {
    Advance(Surroundings surroundings) {
      super(surroundings, "advance");
    }
  }

  @Command(
      name = "rollback",
      header = "Takes the version back from everybody.",
      description = {
        "",
        "Every device on it is told to install the baseline at its next check.",
        "",
        "Example: ./slipway rollout rollback --app com.example.app --reason 'broken checkout'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class RollBack extends OrderCommand {
    RollBack(Surroundings surroundings) {
      super(surroundings, "rollback");
    }
  }
}
