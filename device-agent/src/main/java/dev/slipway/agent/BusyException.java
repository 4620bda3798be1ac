package dev.slipway.agent;

import java.io.IOException;
import java.time.Duration;

/**
 * Delivery does not hand out now what a release needs, and said when it wants to be asked again.
 * What had arrived by then stays, so that the next attempt fetches the rest.
 */
public final class BusyException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Duration askAgain;

  BusyException(String message, Duration askAgain) {
    super(message);
    this.askAgain = askAgain;
  }

  /** How long it wants to be left alone: between a second and a day. */
  public Duration askAgain() {
    return askAgain;
  }
}
