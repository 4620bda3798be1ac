package dev.slipway.testkit;

import dev.slipway.stack.Endpoints;

/// A real Kafka, PostgreSQL and S3 server for the tests of one JVM. The system property
/// `slipway.stack` chooses between `embedded` (the default: processes of the local stack) and
/// `containers`.
public interface Stack {

  Endpoints start();

  /// The stack that all test classes of this JVM share: started by whoever asks first, stopped when
  /// the JVM ends.
  static Endpoints shared() {
    synchronized (SharedEndpoints.MONITOR) {
      return SharedEndpoints.read()
          .orElseGet(
              () -> {
                Endpoints endpoints = chosen().start();
                SharedEndpoints.write(endpoints);
                return endpoints;
              });
    }
  }

  private static Stack chosen() {
    String choice = System.getProperty("slipway.stack", "embedded");
    return switch (choice) {
      case "embedded" -> new EmbeddedStack();
      case "containers" -> new ContainerStack();
      default ->
          throw new IllegalArgumentException(
              "slipway.stack is '%s', but can be 'embedded' or 'containers'".formatted(choice));
    };
  }
}
