package dev.slipway.delivery.report;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/// What this instance says of its own accord, on a thread of its own: each second a tick on each
/// partition of `device-events`, so that time passes in the log; each minute how many devices there
/// are, where that has changed. While Kafka is away neither is kept for later: a tick that comes
/// late says nothing, and the fleet's size is told anew.
public final class Beat implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(Beat.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final String instance;
  private final Producer<String, byte[]> producer;
  private final FleetCounter fleets;
  private final Duration fleetEvery;
  private final Clock clock;
  private final Thread thread;
  private final Set<Integer> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /// @param fleetEvery how often the sizes of fleets are told
  public Beat(
      String instance,
      Producer<String, byte[]> producer,
      FleetCounter fleets,
      Duration fleetEvery,
      Clock clock) {
    this.instance = instance;
    this.producer = producer;
    this.fleets = fleets;
    this.fleetEvery = fleetEvery;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("beat").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TICK.multipliedBy(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(TICK);
  }

  private void run() {
    long nextTick = System.nanoTime();
    long nextFleet = nextTick + fleetEvery.toNanos();
    while (!closing) {
      try {
        var now = clock.instant();
        tick(now);
        if (System.nanoTime() - nextFleet >= 0) {
          nextFleet = System.nanoTime() + fleetEvery.toNanos();
          tellFleets(now);
        }
      } catch (KafkaException e) {
        LOG.debugf("Kafka does not answer: reason=%s", e.getMessage());
      } catch (RuntimeException e) {
        LOG.errorf(e, "A beat is missed");
      }
      // Behind an outage the beat goes on from where it is, and does not catch up.
      nextTick = Math.max(nextTick + TICK.toNanos(), System.nanoTime());
      while (!closing && System.nanoTime() - nextTick < 0) {
        LockSupport.parkNanos(nextTick - System.nanoTime());
      }
    }
    if (!Thread.currentThread().isInterrupted()) tellLast();
  }

  /// What is known of the fleets goes with the instance unless it is told.
  private void tellLast() {
    try {
      tellFleets(clock.instant());
    } catch (RuntimeException e) {
      LOG.debugf("The sizes of fleets are not told at the end: reason=%s", e.getMessage());
    }
  }

  private void tick(Instant now) {
    for (var partition : producer.partitionsFor(Topics.DEVICE_EVENTS.name())) {
      int number = partition.partition();
      // One at a time: an outage is no reason to say later how late it was.
      if (!underWay.add(number)) continue;
      var tick = new DeviceEvent.Tick(number, now);
      try {
        producer.send(
            Records.of(
                Topics.DEVICE_EVENTS,
                number,
                Message.of(Topics.DEVICE_EVENTS, tick.key(), tick, now)),
            (_, _) -> underWay.remove(number));
      } catch (RuntimeException e) {
        underWay.remove(number);
        throw e;
      }
    }
  }

  private void tellFleets(Instant now) {
    for (var size : fleets.changes(instance, now)) {
      try {
        producer.send(
            Records.of(
                Topics.FLEET_SIZES, null, Message.of(Topics.FLEET_SIZES, size.key(), size, now)),
            (_, failure) -> {
              if (failure != null) fleets.again(size);
            });
      } catch (RuntimeException e) {
        fleets.again(size);
        throw e;
      }
    }
  }
}
