package dev.slipway.stack;

/// A part or a service could not be started or stopped. The message is meant for whoever typed the
/// command: it says what did not work and shows the end of the log.
public final class StackFailure extends RuntimeException {

  public StackFailure(String message) {
    super(message);
  }

  public StackFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
