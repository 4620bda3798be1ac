package dev.slipway.testkit;

import dev.slipway.stack.Endpoints;
import java.net.URI;
import java.util.Optional;

/// The endpoints of this JVM's stack, kept in system properties: Quarkus loads test resources in a
/// class loader of its own, so that a static field would lead to a second stack.
final class SharedEndpoints {

  /// Interned, and thereby the same object in all class loaders.
  static final Object MONITOR = "dev.slipway.testkit.shared-stack".intern();

  private static final String PREFIX = "slipway.testkit.stack.";

  private SharedEndpoints() {}

  static void write(Endpoints endpoints) {
    endpoints.settings().forEach((key, value) -> System.setProperty(PREFIX + key, value));
  }

  static Optional<Endpoints> read() {
    if (System.getProperty(PREFIX + "kafka.bootstrap.servers") == null) {
      return Optional.empty();
    }
    return Optional.of(
        new Endpoints(
            text("kafka.bootstrap.servers"),
            text("slipway.database.jdbc-url"),
            text("slipway.database.reactive-url"),
            text("slipway.database.user"),
            text("slipway.database.password"),
            URI.create(text("slipway.s3.endpoint")),
            text("slipway.s3.access-key"),
            text("slipway.s3.secret-key"),
            text("slipway.s3.bucket")));
  }

  private static String text(String key) {
    String value = System.getProperty(PREFIX + key);
    if (value == null) {
      throw new IllegalStateException("The shared stack has no " + key);
    }
    return value;
  }
}
