package dev.slipway.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Does the same work on many items on several threads, with the outcome that one thread would have:
 * results in the order of the items, and of several failures the one of the first item.
 */
final class Crew {

  /** What a thread takes for its buffers at most. */
  private static final long BYTES_EACH = 64L << 20;

  private static final int MOST = 16;
  private static final long MEANWHILE_MILLIS = 100;

  private Crew() {}

  /** Works on one item after the other; one for each thread. */
  interface Worker<T, R> extends AutoCloseable {

    R work(T item) throws IOException;

    @Override
    default void close() throws IOException {}
  }

  /** Makes the worker of a thread. */
  interface Hire<T, R> {
    Worker<T, R> worker() throws IOException;
  }

  /** As many as there are processors, and as the heap has room for. */
  private static int threads() {
    Runtime runtime = Runtime.getRuntime();
    long room = Math.min(MOST, runtime.maxMemory() / BYTES_EACH);
    return (int) Math.max(1, Math.min(runtime.availableProcessors(), room));
  }

  /**
   * Works on all items and returns the results in their order.
   *
   * @param meanwhile is run on the calling thread, now and then and once at the end
   */
  static <T, R> List<R> work(List<T> items, Hire<T, R> hire, Runnable meanwhile)
      throws IOException {
    Shift<T, R> shift = new Shift<>(items);
    int count = Math.min(threads(), items.size());
    CountDownLatch atWork = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      Thread thread =
          new Thread(
              () -> {
                try (Worker<T, R> worker = hire.worker()) {
                  shift.run(worker);
                } catch (IOException | RuntimeException | Error e) {
                  shift.fail(0, e);
                } finally {
                  atWork.countDown();
                }
              },
              "slipway-crew-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    boolean interrupted = false;
    while (true) {
      try {
        if (atWork.await(MEANWHILE_MILLIS, TimeUnit.MILLISECONDS)) {
          break;
        }
        meanwhile.run();
      } catch (InterruptedException e) {
        interrupted = true;
        shift.fail(items.size(), new InterruptedIOException("interrupted"));
      } catch (RuntimeException | Error e) {
        // What the caller has to say comes out once nobody works on its folder any more.
        shift.fail(0, e);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    List<R> results = shift.results();
    meanwhile.run();
    return results;
  }

  /** The items of one call, and what became of them. */
  private static final class Shift<T, R> {

    private final List<T> items;
    private final AtomicReferenceArray<@Nullable R> done;
    private final AtomicInteger next = new AtomicInteger();
    private @Nullable Throwable failure;
    private int failed;

    Shift(List<T> items) {
      this.items = items;
      this.done = new AtomicReferenceArray<>(items.size());
    }

    void run(Worker<T, R> worker) {
      while (!hasFailed()) {
        // In order: whatever stands before a failed item has been begun, and is done to its end.
        int item = next.getAndIncrement();
        if (item >= items.size()) {
          return;
        }
        try {
          done.set(item, worker.work(items.get(item)));
        } catch (IOException | RuntimeException | Error e) {
          fail(item, e);
        }
      }
    }

    private synchronized boolean hasFailed() {
      return failure != null;
    }

    synchronized void fail(int item, Throwable thrown) {
      if (failure == null || item < failed) {
        failure = thrown;
        failed = item;
      }
    }

    synchronized List<R> results() throws IOException {
      Throwable thrown = failure;
      if (thrown instanceof IOException e) {
        throw e;
      }
      if (thrown instanceof RuntimeException e) {
        throw e;
      }
      if (thrown instanceof Error e) {
        throw e;
      }
      List<R> results = new ArrayList<>(items.size());
      for (int i = 0; i < items.size(); i++) {
        R result = done.get(i);
        if (result == null) {
          throw new IllegalStateException("no result and no failure");
        }
        results.add(result);
      }
      return results;
    }
  }
}
