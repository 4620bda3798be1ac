package dev.slipway.testkit;

import dev.slipway.stack.Endpoints;
import dev.slipway.stack.LocalStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The local stack, fresh for this JVM and gone with it, even if the JVM is killed.
final class EmbeddedStack implements Stack {

  @Override
  public Endpoints start() {
    try {
      Path home =
          Files.isDirectory(Path.of("target"))
              ? Files.createDirectories(Path.of("target/stacks"))
              : Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
      Path folder = Files.createTempDirectory(home, "stack-");
      LocalStack stack = LocalStack.at(folder, programs(folder));
      stack.endWith(ProcessHandle.current());
      Runtime.getRuntime().addShutdownHook(new Thread(stack::remove, "stop the local stack"));
      start(stack);
      return stack.endpoints();
    } catch (IOException e) {
      throw new UncheckedIOException("The folder of the local stack can't be made", e);
    }
  }

  /// Quarkus starts test resources with a context class loader that has classes of its own, and
  /// Kafka's client takes its plug-ins from that one: they would not fit the client.
  private static void start(LocalStack stack) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(LocalStack.class.getClassLoader());
    try {
      stack.start(line -> System.out.println("[stack] " + line));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /// The programs that `slipway up` unpacks too, so that a run over all modules unpacks them once.
  private static Path programs(Path folder) {
    return Optional.ofNullable(System.getProperty("slipway.root"))
        .map(root -> Path.of(root, ".slipway", "programs"))
        .orElse(folder.resolve("programs"));
  }
}
