package dev.slipway.cli.http;

import dev.slipway.cli.CommandFailure;
import java.net.URI;

/// Nobody answers where a service should be.
public final class Unreachable extends CommandFailure {
  private static final long serialVersionUID = 1L;

  public Unreachable(String service, URI base, Throwable cause) {
    super(
        "The %s service does not answer at %s (%s). Is it running? Start the suite with: ./slipway up"
            .formatted(service, base, reason(cause)),
        cause);
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
