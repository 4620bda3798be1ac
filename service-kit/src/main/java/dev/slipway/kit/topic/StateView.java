package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.State;
import dev.slipway.contracts.topic.Topic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The states of a compacted topic in memory, kept up to date by one thread that reads every
/// partition from the beginning and then follows it. Reading is lock-free and never waits.
///
/// It holds on to what it has: while Kafka is away, when a record cannot be read (counted in
/// `slipway.view.unreadable`), when the topic's log is lost. A record that is repeated, or older
/// than the one known, changes nothing. Kafka need not be there when the view starts.
public final class StateView<T extends State> implements AutoCloseable {

  /// What has become of one key: its new state, or nothing after a tombstone.
  public record Change<T extends State>(String key, @Nullable T value) {}

  /// Told of changes on the view's thread, so that an image built from them needs no lock.
  public interface Listener<T extends State> {

    /// What changed with a batch of records, each key once, in the order of the last change. When
    /// this throws, it is called again later with the same changes and those that came meanwhile,
    /// and [#applied()] stands still until then.
    void changed(List<Change<T>> changes);
  }

  private static final Logger LOG = Logger.getLogger(StateView.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration POSITION_TIMEOUT = Duration.ofSeconds(1);

  /// A poll of a dead broker returns as empty as one of a quiet topic. Asking for the end of the
  /// log is what tells them apart, and doing it each second costs next to nothing.
  private static final Duration CONTACT_INTERVAL = Duration.ofSeconds(1);

  private static final Duration CONTACT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Topic<T> topic;
  private final KafkaClients kafka;
  private final Clock clock;
  private final Listener<T> listener;
  private final StateTable<T> table;
  private final Map<String, T> values;
  private final Counter records;
  private final Counter unreadable;
  private final Thread thread;

  private final Queue<Waiter> asking = new ConcurrentLinkedQueue<>();
  private volatile boolean closing;
  private volatile boolean caughtUp;
  private volatile long lag = -1;
  private volatile Instant lastContact = Instant.EPOCH;
  private volatile SortedMap<Integer, Long> applied = Collections.emptySortedMap();
  private volatile @Nullable Consumer<String, byte[]> consumer;

  // The view's thread alone.
  private final Map<String, Change<T>> untold = new LinkedHashMap<>();
  private final Map<Integer, Long> lastRead = new TreeMap<>();
  private final List<Waiter> waiting = new ArrayList<>();
  private boolean outage;
  private boolean listenerFailed;
  private long nextContact;

  /// Somebody who wants to read what was written before they asked.
  private static final class Waiter {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    Map<TopicPartition, Long> target = Map.of();

    boolean reached(Map<TopicPartition, Long> positions) {
      return target.entrySet().stream()
          .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
  }

  public StateView(Topic<T> topic, KafkaClients kafka, Clock clock, MeterRegistry meters) {
    this(topic, kafka, clock, meters, _ -> {});
  }

  public StateView(
      Topic<T> topic, KafkaClients kafka, Clock clock, MeterRegistry meters, Listener<T> listener) {
    if (!topic.isCompacted()) {
      throw new IllegalArgumentException(topic.name() + " does not carry full states");
    }
    this.topic = topic;
    this.kafka = kafka;
    this.clock = clock;
    this.listener = listener;
    this.table = new StateTable<>(topic);
    this.values = table.values();
    var tags = Tags.of("topic", topic.name());
    this.records = meters.counter("slipway.view.records", tags);
    this.unreadable = meters.counter("slipway.view.unreadable", tags);
    Gauge.builder("slipway.view.entries", values, Map::size).tags(tags).register(meters);
    Gauge.builder("slipway.view.lag", this, view -> view.lag)
        .tags(tags)
        .description("records of the log not yet applied, -1 while unknown")
        .register(meters);
    Gauge.builder("slipway.view.contact.age", this, StateView::contactAge)
        .tags(tags)
        .baseUnit("seconds")
        .register(meters);
    this.thread = Thread.ofPlatform().daemon().name("view-" + topic.name()).unstarted(this::run);
  }

  /// Starts to read. Once.
  public void start() {
    thread.start();
  }

  /// Ends the reading; what was read stays readable.
  @Override
  public void close() {
    closing = true;
    wake();
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The topic of this view.
  public Topic<T> topic() {
    return topic;
  }

  /// The state of this key, as far as it was read.
  public Optional<T> find(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /// All states by key. Shows later changes, iterates weakly consistently, cannot be changed.
  public Map<String, T> all() {
    return values;
  }

  /// Whether the view has reached, once since it started, the end that the log had at the start.
  /// Stays true afterwards: stale is better than empty.
  public boolean isCaughtUp() {
    return caughtUp;
  }

  /// Per partition the offset after the last record that the values and the listener know. Stands
  /// still before a record that could not be read, until a later one of the same key replaces it.
  public SortedMap<Integer, Long> applied() {
    return applied;
  }

  /// When Kafka last answered, [Instant#EPOCH] before the first time.
  public Instant lastContact() {
    return lastContact;
  }

  /// Completes when the view has read everything that was in the topic at the time of this call, or
  /// when the time is over; never fails. Emits on the Vert.x context that subscribed, if there is
  /// one. For who finds nothing: somebody may have written it a moment ago.
  public Uni<Void> caughtUpWithNow(Duration atMost) {
    return Uni.createFrom()
        .deferred(
            () -> {
              var waiter = new Waiter();
              waiter.done.completeOnTimeout(null, atMost.toMillis(), TimeUnit.MILLISECONDS);
              asking.add(waiter);
              wake();
              Uni<Void> reached = Uni.createFrom().completionStage(waiter.done);
              var context = Vertx.currentContext();
              return context == null
                  ? reached
                  : reached.emitOn(task -> context.runOnContext(_ -> task.run()));
            });
  }

  private void wake() {
    var reader = consumer;
    if (reader != null) reader.wakeup();
  }

  private double contactAge() {
    return Duration.between(lastContact, clock.instant()).toMillis() / 1000.0;
  }

  private void run() {
    while (!closing) {
      Consumer<String, byte[]> reader = null;
      try {
        reader = kafka.reader("view-" + topic.name());
        consumer = reader;
        follow(reader);
      } catch (WakeupException e) {
        LOG.debugf("Woken before the topic was assigned: topic=%s", topic.name());
      } catch (KafkaException e) {
        out(e);
      } finally {
        consumer = null;
        if (reader != null) reader.close(CloseOptions.timeout(Duration.ZERO));
      }
      dropSettled();
      if (!closing) LockSupport.parkNanos(RETRY.toNanos());
    }
    asking.forEach(waiter -> waiter.done.complete(null));
    waiting.forEach(waiter -> waiter.done.complete(null));
  }

  private void follow(Consumer<String, byte[]> reader) {
    var partitions =
        reader.partitionsFor(topic.name(), CONTACT_TIMEOUT).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) throw new KafkaException("the topic does not exist yet");
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
    lastRead.clear();
    nextContact = System.nanoTime();
    while (!closing) {
      try {
        step(reader, partitions);
        back();
      } catch (WakeupException e) {
        LOG.debugf("Woken: topic=%s", topic.name());
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        out(e);
        dropSettled();
      }
    }
  }

  private void step(Consumer<String, byte[]> reader, List<TopicPartition> partitions) {
    var batch = reader.poll(POLL);
    for (var record : batch) apply(record);
    if (!batch.isEmpty()) contact();
    boolean told = tell();

    var positions = new LinkedHashMap<TopicPartition, Long>();
    for (var partition : partitions) {
      positions.put(partition, reader.position(partition, POSITION_TIMEOUT));
    }
    if (told) {
      var now = new TreeMap<Integer, Long>();
      positions.forEach(
          (partition, position) ->
              now.put(partition.partition(), table.applied(partition.partition(), position)));
      applied = Collections.unmodifiableSortedMap(now);
    }

    if (!asking.isEmpty() || System.nanoTime() - nextContact >= 0) {
      var asked = List.copyOf(asking);
      var ends = reader.endOffsets(partitions, CONTACT_TIMEOUT);
      contact();
      nextContact = System.nanoTime() + CONTACT_INTERVAL.toNanos();
      for (var waiter : asked) {
        asking.remove(waiter);
        waiter.target = ends;
        waiting.add(waiter);
      }
      lag =
          ends.entrySet().stream()
              .mapToLong(
                  end -> Math.max(0, end.getValue() - positions.getOrDefault(end.getKey(), 0L)))
              .sum();
      if (!caughtUp && lag == 0 && told) {
        caughtUp = true;
        LOG.infof("A view has caught up: topic=%s entries=%d", topic.name(), values.size());
      }
      // Until then the end is asked for as often as something was read.
      if (!caughtUp) nextContact = System.nanoTime();
    }
    waiting.stream()
        .filter(waiter -> waiter.reached(positions))
        .forEach(waiter -> waiter.done.complete(null));
    waiting.removeIf(waiter -> waiter.done.isDone());
  }

  private void apply(org.apache.kafka.clients.consumer.ConsumerRecord<String, byte[]> record) {
    var before = lastRead.put(record.partition(), record.offset());
    if (before != null && record.offset() <= before) {
      LOG.warnf(
          "A log begins anew; its states are kept: topic=%s partition=%d",
          topic.name(), record.partition());
      table.forgetGaps(record.partition());
    }
    records.increment();
    switch (table.apply(record)) {
      case StateTable.Effect.Changed<T>(var change) -> {
        untold.remove(change.key());
        untold.put(change.key(), change);
      }
      case StateTable.Effect.Known<T>() -> {}
      case StateTable.Effect.Unreadable<T>(var reason) -> {
        unreadable.increment();
        LOG.errorf(
            "A record cannot be read; the last good state stays: topic=%s partition=%d offset=%d reason=%s",
            topic.name(), record.partition(), record.offset(), reason);
      }
    }
  }

  /// @return whether the listener knows everything
  private boolean tell() {
    if (untold.isEmpty()) return true;
    try {
      listener.changed(List.copyOf(untold.values()));
    } catch (RuntimeException e) {
      if (!listenerFailed) {
        LOG.errorf(e, "A view's listener fails; it is told again: topic=%s", topic.name());
      }
      listenerFailed = true;
      return false;
    }
    listenerFailed = false;
    untold.clear();
    return true;
  }

  private void contact() {
    lastContact = clock.instant();
  }

  private void out(KafkaException e) {
    if (!outage) {
      LOG.warnf(
          "Kafka does not answer; the view keeps what it has: topic=%s entries=%d reason=%s",
          topic.name(), values.size(), e.getMessage());
    }
    outage = true;
  }

  private void back() {
    if (outage) LOG.infof("Kafka answers again: topic=%s", topic.name());
    outage = false;
  }

  private void dropSettled() {
    asking.removeIf(waiter -> waiter.done.isDone());
    waiting.removeIf(waiter -> waiter.done.isDone());
  }
}
