package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.rollout.ChannelView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    header = "Where a channel and its rollout stand.",
    description = {"", "Example: ./slipway rollout status --app com.example.app", ""},
    mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final ChannelOf channel;
  private final Surroundings surroundings;

  ShowCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.channel = new ChannelOf(surroundings);
  }

  @Override
  public Integer call() {
    ChannelView view = channel.view(channel.api());
    var terminal = surroundings.terminal();
    if (json) terminal.json(view);
    else new RolloutText(terminal).full(view).forEach(terminal::line);
    return 0;
  }
}
