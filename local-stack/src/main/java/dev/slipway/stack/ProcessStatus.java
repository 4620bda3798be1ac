package dev.slipway.stack;

import java.time.Instant;
import java.util.Optional;

/// One line of the status: a process that should run, and what is known of it if it does.
///
/// @param port the port that it listens on, or will listen on
public record ProcessStatus(String name, int port, Optional<Running> running) {

  /// @param residentBytes memory in use, children included; pages that they share count once
  public record Running(long pid, Instant since, long residentBytes) {}
}
