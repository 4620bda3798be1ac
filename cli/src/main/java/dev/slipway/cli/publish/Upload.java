package dev.slipway.cli.publish;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.http.Api;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/// Sends parts, several at a time, and only those that the service does not have. All of it may be
/// repeated after any failure: what has arrived is not sent again. A part that broke off is sent
/// again from its start.
public final class Upload {

  private final Api ingest;
  private final Patience patience;
  private final int atOnce;

  /// Is told how far the work has come, from several threads.
  @FunctionalInterface
  public interface Listener {

    /// @param done bytes that the service has or that are on their way; may go back where the line
    ///     broke
    /// @param total bytes of all parts
    void sent(long done, long total);
  }

  /// What came of it.
  ///
  /// @param sent of parts that were new
  /// @param there of parts that the service had
  public record Tally(Sum sent, Sum there) {}

  /// So many parts with so many bytes in all.
  public record Sum(int parts, long bytes) {
    static Sum of(List<Part> parts) {
      return new Sum(parts.size(), parts.stream().mapToLong(Part::size).sum());
    }
  }

  /// @param atOnce how many parts travel at a time
  public Upload(Api ingest, Patience patience, int atOnce) {
    this.ingest = ingest;
    this.patience = patience;
    this.atOnce = atOnce;
  }

  /// Ends when the service has all parts; the first refusal ends it at once.
  ///
  /// @throws CommandFailure if a part cannot be sent
  public Tally send(List<Part> parts, Listener listener) {
    long total = parts.stream().mapToLong(Part::size).sum();
    var done = new AtomicLong();
    LongConsumer moved = bytes -> listener.sent(done.addAndGet(bytes), total);
    var turns = new Semaphore(atOnce);
    List<Part> sent = new ArrayList<>();
    List<Part> there = new ArrayList<>();
    ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    try {
      List<Future<Boolean>> futures = new ArrayList<>();
      for (Part part : parts) {
        futures.add(
            executor.submit(
                () -> {
                  turns.acquire();
                  try {
                    return send(part, moved);
                  } finally {
                    turns.release();
                  }
                }));
      }
      for (int i = 0; i < futures.size(); i++) {
        (isTrue(futures.get(i)) ? sent : there).add(parts.get(i));
      }
    } finally {
      // After a refusal, what still waits for its turn is not sent.
      executor.shutdownNow();
      executor.close();
    }
    return new Tally(Sum.of(sent), Sum.of(there));
  }

  private static boolean isTrue(Future<Boolean> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException reason) throw reason;
      throw new CommandFailure("A part could not be sent: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("Interrupted", e);
    }
  }

  /// Whether it was new.
  private boolean send(Part part, LongConsumer moved) {
    if (patience.patiently(() -> ingest.has(part.path()))) {
      moved.accept(part.size());
      return false;
    }
    return patience.patiently(
        () -> {
          var body = new Counted(part.source(), moved);
          try {
            boolean isNew = ingest.putBytes(part.path(), body.publisher(part.size()));
            // Where somebody else was quicker the service may answer before all has been read.
            moved.accept(part.size() - body.read());
            return isNew;
          } catch (RuntimeException e) {
            moved.accept(-body.read());
            throw e;
          }
        });
  }

  /// A body of known size that says how much of it has been read.
  static final class Counted {

    private final Part.Source source;
    private final LongConsumer moved;
    private final AtomicLong read = new AtomicLong();

    Counted(Part.Source source, LongConsumer moved) {
      this.source = source;
      this.moved = moved;
    }

    long read() {
      return read.get();
    }

    BodyPublisher publisher(long size) {
      return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(this::open), size);
    }

    private InputStream open() {
      try {
        return new FilterInputStream(source.open()) {
          @Override
          public int read() throws IOException {
            int one = in.read();
            if (one >= 0) count(1);
            return one;
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            int bytes = in.read(buffer, offset, length);
            if (bytes > 0) count(bytes);
            return bytes;
          }
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void count(long bytes) {
      read.addAndGet(bytes);
      moved.accept(bytes);
    }
  }
}
