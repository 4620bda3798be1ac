package dev.slipway.delivery.report;

import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// What waits for Kafka: bounded in number and in memory. Any thread offers and never waits; one
/// thread takes.
public final class ReportRing {

  private final BlockingQueue<Arrival> queue;
  private final AtomicLong bytes = new AtomicLong();
  private final long maxBytes;

  public ReportRing(int capacity, long maxBytes) {
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.maxBytes = maxBytes;
  }

  /// @return whether there was room
  public boolean offer(Arrival arrival) {
    int size = arrival.bytes();
    if (bytes.addAndGet(size) <= maxBytes && queue.offer(arrival)) return true;
    bytes.addAndGet(-size);
    return false;
  }

  /// The next one, if one comes in this time.
  Optional<Arrival> take(long millis) throws InterruptedException {
    var arrival = queue.poll(millis, TimeUnit.MILLISECONDS);
    if (arrival == null) return Optional.empty();
    bytes.addAndGet(-arrival.bytes());
    return Optional.of(arrival);
  }

  public int size() {
    return queue.size();
  }
}
