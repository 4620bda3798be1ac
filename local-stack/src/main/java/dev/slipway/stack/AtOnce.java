package dev.slipway.stack;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Does something for several things at the same time, waits for all, and reports every failure.
final class AtOnce {

  private AtOnce() {}

  static <T> void forEach(Collection<T> things, Consumer<T> action) {
    List<Future<?>> runs = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      things.forEach(thing -> runs.add(threads.submit(() -> action.accept(thing))));
    }
    List<Throwable> failures = new ArrayList<>();
    for (Future<?> run : runs) {
      try {
        run.get();
      } catch (ExecutionException e) {
        failures.add(e.getCause() == null ? e : e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      StackFailure failure =
          new StackFailure(
              String.join(System.lineSeparator(), failures.stream().map(AtOnce::text).toList()),
              failures.getFirst());
      failures.stream().skip(1).forEach(failure::addSuppressed);
      throw failure;
    }
  }

  private static String text(Throwable failure) {
    return failure instanceof StackFailure && failure.getMessage() != null
        ? failure.getMessage()
        : failure.toString();
  }
}
