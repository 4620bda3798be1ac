package dev.slipway.delivery.device;

import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.State;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.KafkaClients;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Follows a compacted topic of states per device, on a thread of its own, and hands each record to
/// a table that keeps a few bytes of it. Unlike a [dev.slipway.kit.topic.StateView] it keeps no
/// state itself: there may be millions. Goes on where it was after an outage, and from the
/// beginning where the log begins anew. A record that cannot be read is counted and passed over.
public final class DeviceView<T extends State> implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(DeviceView.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration CONTACT_INTERVAL = Duration.ofSeconds(1);
  private static final Duration CONTACT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Topic<T> topic;
  private final KafkaClients kafka;
  private final Clock clock;
  private final Consumer<T> put;
  private final Consumer<String> remove;
  private final Counter records;
  private final Counter unreadable;
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean caughtUp;
  private volatile long lag = -1;
  private volatile Instant lastContact = Instant.EPOCH;
  private volatile org.apache.kafka.clients.consumer.@Nullable Consumer<String, byte[]> consumer;

  // The thread's own.
  private boolean outage;
  private long nextContact;

  /// The views of all that is known of single devices.
  public static List<DeviceView<?>> all(
      Devices devices, KafkaClients kafka, Clock clock, MeterRegistry meters) {
    return List.of(
        new DeviceView<>(
            Topics.DEVICE_OVERRIDES,
            kafka,
            clock,
            meters,
            devices::override,
            devices::removeOverride),
        new DeviceView<>(
            Topics.DEVICE_CHANNELS, kafka, clock, meters, devices::chosen, devices::removeChoice),
        new DeviceView<>(
            Topics.DEVICE_FAILURES,
            kafka,
            clock,
            meters,
            devices::failedBefore,
            devices::removeFailures));
  }

  /// @param put takes a state, on the view's thread
  /// @param remove takes the key of a tombstone, on the view's thread
  DeviceView(
      Topic<T> topic,
      KafkaClients kafka,
      Clock clock,
      MeterRegistry meters,
      Consumer<T> put,
      Consumer<String> remove) {
    this.topic = topic;
    this.kafka = kafka;
    this.clock = clock;
    this.put = put;
    this.remove = remove;
    var tags = Tags.of("topic", topic.name());
    records = meters.counter("slipway.view.records", tags);
    unreadable = meters.counter("slipway.view.unreadable", tags);
    Gauge.builder("slipway.view.lag", this, view -> view.lag).tags(tags).register(meters);
    thread = Thread.ofPlatform().daemon().name("view-" + topic.name()).unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    closing = true;
    var reader = consumer;
    if (reader != null) reader.wakeup();
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Whether the end of the log was reached once.
  public boolean isCaughtUp() {
    return caughtUp;
  }

  /// When Kafka last answered, [Instant#EPOCH] before the first time.
  public Instant lastContact() {
    return lastContact;
  }

  private void run() {
    while (!closing) {
      org.apache.kafka.clients.consumer.Consumer<String, byte[]> reader = null;
      try {
        reader = kafka.reader("view-" + topic.name());
        consumer = reader;
        follow(reader);
      } catch (WakeupException e) {
        LOG.debugf("Woken: topic=%s", topic.name());
      } catch (KafkaException e) {
        out(e);
      } finally {
        consumer = null;
        if (reader != null) reader.close(CloseOptions.timeout(Duration.ZERO));
      }
      if (!closing) LockSupport.parkNanos(RETRY.toNanos());
    }
  }

  private void follow(org.apache.kafka.clients.consumer.Consumer<String, byte[]> reader) {
    var partitions =
        reader.partitionsFor(topic.name(), CONTACT_TIMEOUT).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) throw new KafkaException("the topic does not exist yet");
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
    while (!closing) {
      try {
        step(reader, partitions);
        if (outage) LOG.infof("Kafka answers again: topic=%s", topic.name());
        outage = false;
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        out(e);
      }
    }
  }

  private void step(
      org.apache.kafka.clients.consumer.Consumer<String, byte[]> reader,
      List<TopicPartition> partitions) {
    var batch = reader.poll(POLL);
    for (var record : batch) apply(record);
    if (!batch.isEmpty()) lastContact = clock.instant();
    // Asking where the log ends waits behind the next fetch: not while there is more to read.
    if (!caughtUp ? !batch.isEmpty() : System.nanoTime() - nextContact < 0) return;
    var ends = reader.endOffsets(partitions, CONTACT_TIMEOUT);
    lastContact = clock.instant();
    var positions = new LinkedHashMap<TopicPartition, Long>();
    for (var partition : partitions) {
      positions.put(partition, reader.position(partition, CONTACT_TIMEOUT));
    }
    lag =
        ends.entrySet().stream()
            .mapToLong(
                end -> Math.max(0, end.getValue() - positions.getOrDefault(end.getKey(), 0L)))
            .sum();
    if (!caughtUp && lag == 0) {
      caughtUp = true;
      LOG.infof("A view has caught up: topic=%s", topic.name());
    }
    nextContact = System.nanoTime() + CONTACT_INTERVAL.toNanos();
  }

  private void apply(ConsumerRecord<String, byte[]> record) {
    records.increment();
    try {
      if (record.value() != null) {
        put.accept(Message.read(topic, record.value()));
      } else if (record.key() != null) {
        remove.accept(record.key());
      }
    } catch (MalformedRecordException | IllegalArgumentException e) {
      unreadable.increment();
      LOG.errorf(
          "A record cannot be read; what was known stays: topic=%s partition=%d offset=%d"
              + " reason=%s",
          topic.name(), record.partition(), record.offset(), e.getMessage());
    }
  }

  private void out(KafkaException e) {
    if (!outage) {
      LOG.warnf(
          "Kafka does not answer; the view keeps what it has: topic=%s reason=%s",
          topic.name(), e.getMessage());
    }
    outage = true;
  }
}
