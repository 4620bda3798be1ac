package dev.slipway.cli.stack;

import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Suite;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/// Starts and stops a stack with its services.
public final class Starter {

  private final StackFolder folder;
  private final LocalStack stack;
  private final Suite suite;
  private final Clock clock;

  public Starter(StackFolder folder, LocalStack stack, Suite suite, Clock clock) {
    this.folder = folder;
    this.stack = stack;
    this.suite = suite;
    this.clock = clock;
  }

  public Suite suite() {
    return suite;
  }

  public LocalStack stack() {
    return stack;
  }

  /// Starts what does not run.
  ///
  /// @return how long it took
  public Duration start(Consumer<String> progress) {
    boolean ran = stack.isRunning() && suite.isRunning();
    Instant began = clock.instant();
    stack.start(progress);
    suite.start(progress);
    Duration took = Duration.between(began, clock.instant());
    // A start that found everything running says nothing about how long a start takes.
    if (!ran) folder.remember(new StackFolder.LastStart(began, took));
    return took;
  }

  /// The services first, so that they can finish what they write.
  public void stop(Consumer<String> progress) {
    suite.stop(progress);
    stack.stop(progress);
  }
}
