package dev.slipway.kit.topic;

import static dev.slipway.kit.topic.StateTableTest.poison;
import static dev.slipway.kit.topic.StateTableTest.state;
import static dev.slipway.kit.topic.StateTableTest.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicWriter;
import dev.slipway.testkit.WithStack;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithStack
class StateViewIT {

  private final Endpoints stack;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<StateView<?>> views = new ArrayList<>();
  private TopicWriter writer;
  private Topic<AccessKey> topic;

  StateViewIT(Endpoints stack) {
    this.stack = stack;
  }

  @BeforeEach
  void open() {
    topic = Fresh.compacted(stack);
    writer = new TopicWriter(stack);
  }

  @AfterEach
  void close() {
    views.forEach(StateView::close);
    writer.close();
  }

  @Test
  void readsToTheEndAndThenFollows() {
    // Given
    for (int i = 0; i < 500; i++) send(state("key-" + i % 50, i + 1, "state " + i));
    send(tombstone("key-7", 1_000));
    // When
    var view = started();
    // Then
    await().until(view::isCaughtUp);
    assertThat(view.all()).hasSize(49).doesNotContainKey("key-7");
    assertThat(view.find("key-49").orElseThrow().name()).isEqualTo("state 499");
    send(state("key-7", 1_001, "back"));
    await().until(() -> view.find("key-7").isPresent());
  }

  @Test
  void anEmptyTopicIsCaughtUpWith() {
    var view = started();
    await().until(view::isCaughtUp);
    assertThat(view.all()).isEmpty();
    assertThat(view.applied()).containsOnlyKeys(0, 1, 2).containsValue(0L);
    assertThat(view.lastContact()).isAfter(Instant.now().minusSeconds(30));
  }

  @Test
  void aTopicThatIsNotThereYetIsWaitedFor() {
    // Given
    var later = Fresh.compacted();
    var view = started(later, _ -> {});
    // When
    Fresh.create(stack, later);
    // Then
    await().atMost(Duration.ofSeconds(20)).until(view::isCaughtUp);
  }

  @Test
  void whatWasWrittenBeforeTheQuestionIsReadBeforeTheAnswer() {
    var view = started();
    await().until(view::isCaughtUp);
    var waits = new ArrayList<Duration>();
    for (int i = 0; i < 100; i++) {
      // Given
      send(state("key-" + i, 1, "written"));
      // When
      long asked = System.nanoTime();
      view.caughtUpWithNow(Duration.ofSeconds(10)).await().indefinitely();
      waits.add(Duration.ofNanos(System.nanoTime() - asked));
      // Then
      assertThat(view.find("key-" + i)).as("key-%s", i).isPresent();
    }
    Collections.sort(waits);
    System.out.printf(
        "caughtUpWithNow: p50 %.1f ms, max %.1f ms%n",
        waits.get(50).toNanos() / 1e6, waits.getLast().toNanos() / 1e6);
  }

  @Test
  void aChangeIsSeenAtOnce() {
    // Given
    var seen = new ConcurrentHashMap<Long, Long>();
    var view =
        started(
            topic,
            changes -> changes.forEach(it -> seen.put(it.value().revision(), System.nanoTime())));
    await().until(view::isCaughtUp);
    var delays = new ArrayList<Double>();
    for (long revision = 1; revision <= 100; revision++) {
      // When
      send(state("a", revision, "next"));
      long sent = System.nanoTime();
      // Then
      long now = revision;
      await().pollInterval(Duration.ofMillis(1)).until(() -> seen.containsKey(now));
      delays.add((seen.get(now) - sent) / 1e6);
    }
    Collections.sort(delays);
    System.out.printf(
        "acknowledged by Kafka -> told to the listener: p50 %.1f ms, max %.1f ms%n",
        delays.get(50), delays.getLast());
  }

  @Test
  void aPoisonRecordHoldsTheAcknowledgementUntilItIsReplaced() {
    // Given
    var view = started();
    send(state("a", 1, "good"));
    // When
    var bad = send(poison("a", 2));
    send(state("a", 1, "good"));
    sendToPartition(bad.partition(), state("other", 1, "of the same partition"));
    // Then
    await().until(() -> view.find("other").isPresent());
    assertThat(view.find("a").orElseThrow().name()).isEqualTo("good");
    assertThat(counted("slipway.view.unreadable")).isEqualTo(1);
    await()
        .untilAsserted(
            () -> assertThat(view.applied()).containsEntry(bad.partition(), bad.offset()));
    var good = send(state("a", 3, "better"));
    await()
        .untilAsserted(
            () -> assertThat(view.applied()).containsEntry(good.partition(), good.offset() + 1));
    assertThat(view.find("a").orElseThrow().name()).isEqualTo("better");
  }

  @Test
  void whatATransactionTookBackIsNeverSeen() throws Exception {
    // Given
    var view = started();
    try (var producer = Fresh.clients(stack).transactionalProducer(topic.name())) {
      producer.initTransactions();
      // When
      producer.beginTransaction();
      producer.send(record(state("aborted", 1, "never"))).get();
      producer.abortTransaction();
      producer.beginTransaction();
      producer.send(record(state("committed", 1, "seen"))).get();
      producer.commitTransaction();
    }
    // Then
    await().until(() -> view.find("committed").isPresent());
    view.caughtUpWithNow(Duration.ofSeconds(10)).await().indefinitely();
    assertThat(view.all()).containsOnlyKeys("committed");
  }

  @Test
  void theListenerHearsEachChangeOnceAndInTime() {
    // Given
    var image = Collections.synchronizedMap(new HashMap<String, AccessKey>());
    for (int i = 0; i < 1_000; i++) send(state("key-" + i % 10, i + 1, "state " + i));
    // When
    var view = started(topic, changes -> changes.forEach(it -> replay(image, it)));
    await().until(view::isCaughtUp);
    // Then
    assertThat(image).isEqualTo(view.all());
    send(tombstone("key-3", 5_000));
    await().until(() -> !image.containsKey("key-3"));
    assertThat(image).isEqualTo(view.all());
  }

  @Test
  void aListenerThatFailsIsToldAgainAndNothingIsAcknowledgedMeanwhile() {
    // Given
    var image = Collections.synchronizedMap(new HashMap<String, AccessKey>());
    var calls = new AtomicInteger();
    var view =
        started(
            topic,
            changes -> {
              if (calls.incrementAndGet() <= 3) throw new IllegalStateException("not now");
              changes.forEach(it -> replay(image, it));
            });
    // When
    var sent = send(state("a", 1, "first"));
    // Then
    await().until(() -> calls.get() >= 1);
    await()
        .untilAsserted(
            () -> assertThat(view.applied()).containsEntry(sent.partition(), sent.offset() + 1));
    assertThat(calls.get()).isEqualTo(4);
    assertThat(image).containsOnlyKeys("a");
  }

  private static void replay(Map<String, AccessKey> image, StateView.Change<AccessKey> change) {
    if (change.value() == null) {
      image.remove(change.key());
    } else {
      image.put(change.key(), change.value());
    }
  }

  private StateView<AccessKey> started() {
    return started(topic, _ -> {});
  }

  private StateView<AccessKey> started(
      Topic<AccessKey> of, StateView.Listener<AccessKey> listener) {
    var view = new StateView<>(of, Fresh.clients(stack), Clock.systemUTC(), meters, listener);
    views.add(view);
    view.start();
    return view;
  }

  private double counted(String name) {
    return meters.get(name).tag("topic", topic.name()).counter().count();
  }

  private RecordMetadata send(Message message) {
    return writer.send(topic.name(), message.key(), message.value(), message.headers());
  }

  private void sendToPartition(int partition, Message message) {
    var plain = record(message);
    writer.send(
        new ProducerRecord<>(topic.name(), partition, plain.key(), plain.value(), plain.headers()));
  }

  private ProducerRecord<String, byte[]> record(Message message) {
    var record = new ProducerRecord<>(topic.name(), message.key(), message.value());
    message
        .headers()
        .forEach((name, text) -> record.headers().add(name, Message.headerBytes(text)));
    return record;
  }
}
