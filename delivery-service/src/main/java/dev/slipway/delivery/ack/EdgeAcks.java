package dev.slipway.delivery.ack;

import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.delivery.image.LiveImage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/// The heartbeat of this instance, on a thread of its own: tells the others up to where it serves
/// the channels' states, and takes all rollouts for paused while nothing is heard from Kafka.
public final class EdgeAcks implements AutoCloseable {

  /// What the heartbeat goes by.
  ///
  /// @param ready whether answers are given at all
  /// @param applied the offsets up to which answers are given from `channel-states`
  /// @param lastContact when Kafka was last heard
  public record Source(
      Supplier<Boolean> ready,
      Supplier<SortedMap<Integer, Long>> applied,
      Supplier<Instant> lastContact) {}

  private static final Logger LOG = Logger.getLogger(EdgeAcks.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /// How long a change waits to be told at most.
  private static final Duration LOOK = Duration.ofMillis(10);

  private final String instance;
  private final Duration staleAfter;
  private final Source source;
  private final LiveImage image;
  private final Producer<String, byte[]> producer;
  private final Clock clock;
  private final Instant startedAt;
  private final Thread thread;
  private volatile boolean closing;

  // The thread's own.
  private SortedMap<Integer, Long> served = Collections.emptySortedMap();
  private long nextAck = System.nanoTime();

  public EdgeAcks(
      String instance,
      Duration staleAfter,
      Source source,
      LiveImage image,
      Producer<String, byte[]> producer,
      Clock clock) {
    this.instance = instance;
    this.staleAfter = staleAfter;
    this.source = source;
    this.image = image;
    this.producer = producer;
    this.clock = clock;
    this.startedAt = clock.instant();
    this.thread = Thread.ofPlatform().daemon().name("edge-acks").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    producer.close(INTERVAL);
  }

  /// Whether nothing has been heard from Kafka for too long.
  public boolean isStale() {
    return Duration.between(source.lastContact().get(), clock.instant()).compareTo(staleAfter) > 0;
  }

  /// Whether its thread is at work.
  public boolean isAlive() {
    return thread.isAlive();
  }

  private void run() {
    while (!closing) {
      if (source.ready().get()) beat();
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  private void beat() {
    boolean stale = isStale();
    if (stale != image.current().rolloutsPaused()) {
      image.rolloutsPaused(stale);
      LOG.warn(
          stale
              ? "Kafka has been silent for too long: rollouts count as paused, baselines go on"
              : "Kafka is heard again: rollouts go on as planned");
    }
    var applied = source.applied().get();
    // Read after the offsets: they move only after the image knows what it refuses.
    if (image.isRefusing()) applied = served;
    boolean changed = !applied.equals(served);
    if (!changed && System.nanoTime() - nextAck < 0) return;
    served = applied;
    nextAck = System.nanoTime() + INTERVAL.toNanos();
    send(new EdgeAck(instance, startedAt, applied, stale, clock.instant()));
  }

  private void send(EdgeAck ack) {
    var message = Message.of(Topics.EDGE_ACKS, instance, ack, ack.at());
    var record =
        new ProducerRecord<>(Topics.EDGE_ACKS.name(), null, message.key(), message.value());
    message
        .headers()
        .forEach((name, value) -> record.headers().add(name, Message.headerBytes(value)));
    try {
      producer.send(
          record,
          (_, failure) -> {
            // The next one follows in a second and says more.
            if (failure != null) {
              LOG.debugf("An acknowledgement was not taken: reason=%s", failure.getMessage());
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      LOG.debugf("An acknowledgement cannot be sent: reason=%s", e.getMessage());
    }
  }
}
