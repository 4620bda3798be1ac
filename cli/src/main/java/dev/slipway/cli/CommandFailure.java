package dev.slipway.cli;

import org.jspecify.annotations.Nullable;

/// A command could not do what it was asked for. The message is for whoever typed it, and says what
/// to do; the command ends with exit code 1.
public class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CommandFailure(String message) {
    super(message);
  }

  public CommandFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// A value that no option of this kind has: the command ends with exit code 2, not understood.
  public static final class Misunderstood extends CommandFailure {
    private static final long serialVersionUID = 1L;

    public Misunderstood(String message) {
      super(message);
    }
  }
}
