package dev.slipway.cli.stack;

import dev.slipway.cli.Surroundings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which local stack a command is about.
public final class Where {

  @Option(
      names = "--stack",
      paramLabel = "FOLDER",
      description =
          "The folder of the local stack. Environment: SLIPWAY_STACK; default: .slipway beside this"
              + " program.")
  @Nullable Path folder;

  private final Surroundings surroundings;

  public Where(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  StackFolder folder() {
    return new StackFolder(folder == null ? surroundings.stackFolder() : folder);
  }

  Starter starter() {
    StackFolder there = folder();
    var stack = there.stack();
    return new Starter(there, stack, there.suite(stack, surroundings.home()), surroundings.clock());
  }
}
