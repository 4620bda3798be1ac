package dev.slipway.cli.rollout;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Unreachable;
import dev.slipway.contracts.rollout.ChannelView;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "watch",
    header = "Follows a rollout until it has ended.",
    description = {
      "",
      "A line for each change: stage, exposure, attempts, failures, the e-value that condemns, the"
          + " gate that promotes, and how many delivery instances serve the change. Ends with exit"
          + " code 0 when the rollout is complete, 1 when it was rolled back. Ctrl-C ends the"
          + " watching, not the rollout.",
      "",
      "Example: ./slipway rollout watch --app com.example.app",
      ""
    },
    mixinStandardHelpOptions = true)
final class WatchCommand extends AboutChannel {

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "1s",
      description = "How often to look; default: ${DEFAULT-VALUE}.")
  Duration every = Duration.ofSeconds(1);

  WatchCommand(Surroundings surroundings) {
    super(surroundings);
  }

  @Override
  protected Integer run() throws InterruptedException {
    var terminal = terminal();
    var text = new RolloutText(terminal);
    ChannelView shown = null;
    while (true) {
      ChannelView view = look(shown);
      if (!view.equals(shown)) {
        if (json) terminal.json(view);
        else terminal.line(text.line(view, surroundings.clock().instant()));
        shown = view;
      }
      RolloutView rollout = view.rollout();
      if (rollout == null) {
        throw new CommandFailure("This channel has no rollout: ./slipway rollout start --help");
      }
      if (OrderCommand.isOver(rollout.state()) && settled(view)) {
        if (!json) text.full(view).forEach(terminal::line);
        return rollout.state() == RolloutState.COMPLETED ? 0 : 1;
      }
      Thread.sleep(every);
    }
  }

  /// A service that restarts meanwhile does not end the watching.
  private ChannelView look(@Nullable ChannelView shown) {
    try {
      return view();
    } catch (Unreachable e) {
      if (shown == null) throw e;
      terminal().note(String.valueOf(e.getMessage()));
      return shown;
    }
  }

  /// Whether every delivery instance serves the end of it.
  private static boolean settled(ChannelView view) {
    return view.edges().live() == 0 || view.edges().millis() != null;
  }
}
