package dev.slipway.cli.rollout;

import dev.slipway.cli.Surroundings;
import picocli.CommandLine.Command;

@Command(
    name = "status",
    header = "Where a channel and its rollout stand.",
    description = {"", "Example: ./slipway rollout status --app com.example.app", ""},
    mixinStandardHelpOptions = true)
final class ShowCommand extends AboutChannel {

  ShowCommand(Surroundings surroundings) {
    super(surroundings);
  }

  @Override
  protected Integer run() {
    var view = view();
    if (!asJson(view)) new RolloutText(terminal()).full(view).forEach(terminal()::line);
    return 0;
  }
}
