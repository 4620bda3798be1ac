package dev.slipway.cli.stack;

import dev.slipway.cli.Surroundings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "down",
    header = "Stops the suite on this machine.",
    description = {"", "Data and keys stay: the next ./slipway up goes on with them.", ""},
    mixinStandardHelpOptions = true)
public final class DownCommand implements Callable<Integer> {

  @Mixin final Where where;
  private final Surroundings surroundings;

  DownCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.where = new Where(surroundings);
  }

  @Override
  public Integer call() {
    var terminal = surroundings.terminal();
    if (!where.folder().exists()) {
      terminal.line("Nothing runs: there is no stack in " + where.folder().path());
      return 0;
    }
    where.starter().stop(line -> terminal.note("  " + line));
    terminal.line("The suite is down. Its data stays in " + where.folder().path());
    return 0;
  }
}
