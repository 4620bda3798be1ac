package dev.slipway.cli.demo;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "demo", header = "x", mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
  DemoCommand(Surroundings surroundings) {}

  @Override
  public Integer call() {
    throw new CommandFailure("x");
  }
}
