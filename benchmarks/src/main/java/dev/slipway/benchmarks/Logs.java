package dev.slipway.benchmarks;

import java.util.logging.Level;
import org.jboss.logmanager.LogContext;

/// What is logged while something is measured.
public final class Logs {

  private Logs() {}

  /// As in the services. Without it Kafka's clients would put a text together for each record that
  /// they read or send, which nobody reads: a third of the CPU time of a small topology.
  public static void asInAService() {
    LogContext.getLogContext().getLogger("").setLevel(Level.INFO);
    LogContext.getLogContext().getLogger("org.apache.kafka").setLevel(Level.WARNING);
  }
}
