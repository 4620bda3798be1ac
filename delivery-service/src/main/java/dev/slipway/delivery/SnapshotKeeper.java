package dev.slipway.delivery;

import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.image.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Keeps a [Snapshot] on disk while the service follows the topics, and reads the last one when the
/// service starts. On a thread of its own.
final class SnapshotKeeper implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(SnapshotKeeper.class);

  private final Path file;
  private final Duration every;
  private final OfferWriter offers;
  private final Supplier<Optional<Snapshot>> source;
  private final Clock clock;
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable Served last;
  private volatile @Nullable Instant lastAt;

  /// @param source what is known now; nothing while it is not complete
  SnapshotKeeper(
      Path file,
      Duration every,
      OfferWriter offers,
      Supplier<Optional<Snapshot>> source,
      Clock clock) {
    this.file = file;
    this.every = every;
    this.offers = offers;
    this.source = source;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("snapshot").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// Writes what is known at the end.
  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What was known before the service started, as soon as it has been read.
  Optional<Served> last() {
    return Optional.ofNullable(last);
  }

  /// When that was known.
  Optional<Instant> lastAt() {
    return Optional.ofNullable(lastAt);
  }

  private void run() {
    read();
    while (!closing) {
      long next = System.nanoTime() + every.toNanos();
      while (!closing && System.nanoTime() - next < 0) {
        LockSupport.parkNanos(next - System.nanoTime());
      }
      var now = source.get();
      if (now.isEmpty()) continue;
      // Not needed any more, and it takes memory.
      last = null;
      try {
        now.get().write(file);
      } catch (IOException e) {
        LOG.warnf("A snapshot cannot be written: file=%s reason=%s", file, e.getMessage());
      }
    }
  }

  private void read() {
    if (!Files.exists(file)) return;
    try {
      var snapshot = Snapshot.read(file);
      last = snapshot.served(offers);
      lastAt = snapshot.at();
      LOG.infof(
          "A snapshot was read: file=%s age=%s",
          file,
          Duration.between(snapshot.at(), clock.instant())
              .truncatedTo(java.time.temporal.ChronoUnit.SECONDS));
    } catch (IOException | RuntimeException e) {
      LOG.warnf("A snapshot cannot be used: file=%s reason=%s", file, e.getMessage());
    }
  }
}
