package dev.slipway.delivery.report;

import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.image.Served;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The one thread that moves what waits in the ring to Kafka. What Kafka does not take in time goes
/// back into the ring while there is room, out of its order: readers don't rely on it.
public final class ReportSender implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(ReportSender.class);
  private static final long POLL_MILLIS = 100;

  /// How long a plan waits to be noticed by the reports that wait for it.
  private static final long EARLY_POLL_MILLIS = 10;

  /// What is left when the process ends gets this long.
  private static final Duration DRAIN_TIME = Duration.ofSeconds(5);

  private final ReportRing ring;
  private final Stamper stamper;
  private final Supplier<Optional<Served>> live;
  private final Producer<String, byte[]> producer;
  private final DeliveryMetrics metrics;
  private final Clock clock;
  private final EarlyReports early = new EarlyReports();
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean dropping;
  private volatile long deadline = Long.MAX_VALUE;

  /// @param live what devices are answered from now, once it follows the topics
  public ReportSender(
      ReportRing ring,
      Stamper stamper,
      Supplier<Optional<Served>> live,
      Producer<String, byte[]> producer,
      DeliveryMetrics metrics,
      Clock clock) {
    this.ring = ring;
    this.stamper = stamper;
    this.live = live;
    this.producer = producer;
    this.metrics = metrics;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("report-sender").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /// Sends what is in the ring, then stops.
  @Override
  public void close() {
    deadline = System.nanoTime() + DRAIN_TIME.toNanos();
    closing = true;
    try {
      thread.join(DRAIN_TIME.plusSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(DRAIN_TIME);
    if (ring.size() > 0) {
      metrics.dropped(ring.size());
      LOG.warnf("Reports were still waiting for Kafka at the end: reports=%d", ring.size());
    }
  }

  /// Whether its thread is at work.
  public boolean isAlive() {
    return thread.isAlive();
  }

  private void run() {
    try {
      // Nothing can be stamped before there is an image; the ring holds what comes meanwhile.
      while (live.get().isEmpty() && !isOver()) Thread.sleep(POLL_MILLIS);
      while (!(closing && ring.size() == 0) && !isOver()) {
        var arrival = ring.take(early.isEmpty() ? POLL_MILLIS : EARLY_POLL_MILLIS);
        if (arrival.isPresent()) send(arrival.get(), Optional.empty());
        if (!early.isEmpty()) sendDue();
      }
      for (var arrival : early.all()) send(arrival, live.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isOver() {
    return closing && System.nanoTime() - deadline > 0;
  }

  private void sendDue() {
    var now = live.get();
    if (now.isEmpty()) return;
    for (var arrival : early.due(now.get().image(), System.nanoTime())) send(arrival, now);
  }

  /// @param later what is known now, for a report that has waited for it
  private void send(Arrival arrival, Optional<Served> later) {
    try {
      switch (arrival) {
        case Arrival.Offered(var event) -> send(arrival, record(event));
        case Arrival.Chosen chosen -> send(arrival, record(chosen));
        case Arrival.Reported reported -> {
          var served = later.or(() -> Optional.ofNullable(reported.served())).or(live).orElse(null);
          var event =
              served == null
                  ? Optional.<DeviceEvent.Reported>empty()
                  : stamper.event(reported, served);
          report(arrival, event, later.isPresent() ? null : served);
        }
        case Arrival.Stamped stamped -> {
          var event =
              later.isEmpty() ? Optional.of(stamped.event()) : stamped.again().from(later.get());
          report(
              arrival,
              event.map(told -> stamper.event(stamped, told)),
              later.isPresent() ? null : live.get().orElse(null));
        }
      }
    } catch (KafkaException e) {
      sent(arrival, e);
    } catch (RuntimeException e) {
      metrics.dropped(1);
      LOG.errorf(e, "A report cannot be made into an event");
    }
  }

  /// @param known what the event was made from, if it may wait for more
  private void report(
      Arrival arrival, Optional<DeviceEvent.Reported> event, @Nullable Served known) {
    if (event.isEmpty()) {
      metrics.ofUnknownApp();
    } else if (closing
        || known == null
        || !early.keep(arrival, event.get(), known.image(), System.nanoTime())) {
      send(arrival, record(event.get()));
    }
  }

  private void send(Arrival arrival, ProducerRecord<String, byte[]> record) {
    producer.send(record, (_, failure) -> sent(arrival, failure));
  }

  private ProducerRecord<String, byte[]> record(DeviceEvent event) {
    return Records.of(
        Topics.DEVICE_EVENTS,
        null,
        Message.of(Topics.DEVICE_EVENTS, event.key(), event, clock.instant()));
  }

  private static ProducerRecord<String, byte[]> record(Arrival.Chosen chosen) {
    var key = DeviceEvent.key(chosen.app(), chosen.device());
    var channel = chosen.channel();
    var message =
        channel == null
            ? Message.tombstone(Topics.DEVICE_CHANNELS, key, chosen.revision(), chosen.at())
            : Message.of(
                Topics.DEVICE_CHANNELS,
                key,
                new DeviceChannel(
                    chosen.app(), chosen.device(), channel, chosen.revision(), chosen.at()),
                chosen.at());
    return Records.of(Topics.DEVICE_CHANNELS, null, message);
  }

  private void sent(Arrival arrival, @Nullable Exception failure) {
    if (failure == null) {
      dropping = false;
      metrics.sent();
    } else if (!(failure instanceof RetriableException) || isOver() || !ring.offer(arrival)) {
      metrics.dropped(1);
      // Once until one is taken again: there may be very many.
      if (!dropping) LOG.errorf(failure, "Reports are dropped: reason=%s", failure.getMessage());
      dropping = true;
    }
  }
}
