package dev.slipway.kit.outbox;

import dev.slipway.kit.outbox.OutboxConnection.Backlog;
import dev.slipway.kit.outbox.OutboxConnection.Sent;
import dev.slipway.kit.topic.KafkaClients;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Sends a service's outbox to Kafka, in the order of its ids, on one thread.
///
/// Of all replicas of a service one publishes: the one that holds an advisory lock, on a connection
/// of its own. When that connection dies the next one takes the lock, and its `transactional.id`
/// fences whatever the predecessor still had in flight. A batch of rows is one Kafka transaction,
/// marked as sent after the commit. A crash between the two sends the batch again; readers ignore
/// that, by revision or by id. Nothing is lost, and nothing of a transaction that failed is seen.
///
/// A row that Kafka refuses for good is parked with the reason, and the line goes on. Kafka or
/// PostgreSQL may be away, at the start and later.
public final class OutboxPublisher implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(OutboxPublisher.class);

  private static final int ROWS_PER_BATCH = 500;
  private static final int BYTES_PER_BATCH = 4 << 20;
  private static final Duration WAIT = Duration.ofMillis(500);

  /// A commit notifies; looking anyway is for a notification that a broken connection swallowed.
  private static final Duration SWEEP = Duration.ofSeconds(5);

  private static final Duration CLEANING = Duration.ofMinutes(10);
  private static final Duration SENT_ROWS_KEPT = Duration.ofDays(7);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final OutboxDatabase database;
  private final KafkaClients kafka;
  private final Clock clock;
  private final Counter sent;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean publishing;
  private volatile Backlog backlog = new Backlog(0, null, 0);

  // The publisher's thread alone.
  private boolean outage;

  public OutboxPublisher(
      OutboxDatabase database, KafkaClients kafka, Clock clock, MeterRegistry meters) {
    this.database = database;
    this.kafka = kafka;
    this.clock = clock;
    this.sent = meters.counter("slipway.outbox.sent");
    Gauge.builder("slipway.outbox.pending", this, it -> it.backlog.pending()).register(meters);
    Gauge.builder("slipway.outbox.parked", this, it -> it.backlog.parked()).register(meters);
    Gauge.builder("slipway.outbox.oldest.age", this, OutboxPublisher::oldestAge)
        .baseUnit("seconds")
        .register(meters);
    this.thread =
        Thread.ofPlatform().daemon().name("outbox-" + database.schema()).unstarted(this::run);
  }

  /// Starts to publish. Once.
  public void start() {
    thread.start();
  }

  /// Whether this is the one publisher of its service, and both Kafka and PostgreSQL were there.
  public boolean isPublishing() {
    return publishing;
  }

  /// Ends after the batch under way.
  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join(CLOSE_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    do {
      try (var connection = OutboxConnection.open(database, kafka.service())) {
        if (connection.lock()) {
          publish(connection);
        } else {
          backlog = connection.backlog();
        }
      } catch (SQLException | KafkaException e) {
        if (!outage) {
          LOG.warnf(
              "The outbox cannot be published, rows wait: schema=%s reason=%s",
              database.schema(), e.getMessage());
        }
        outage = true;
      } finally {
        publishing = false;
      }
    } while (!pause());
  }

  private void publish(OutboxConnection connection) throws SQLException {
    connection.listen();
    backlog = connection.backlog();
    try (var producer = new Transactions(kafka)) {
      producer.begin();
      var nextSweep = clock.instant();
      var nextCleaning = nextSweep;
      boolean woken = true;
      while (!isClosing()) {
        var now = clock.instant();
        if (woken || !now.isBefore(nextSweep)) {
          sendAll(connection, producer);
          backlog = connection.backlog();
          nextSweep = now.plus(SWEEP);
          ready();
        }
        if (!now.isBefore(nextCleaning)) {
          int deleted = connection.deleteSentBefore(now.minus(SENT_ROWS_KEPT));
          if (deleted > 0) LOG.infof("Deleted sent rows of the outbox: rows=%d", deleted);
          nextCleaning = now.plus(CLEANING);
        }
        woken = connection.await(WAIT);
      }
    }
  }

  private void sendAll(OutboxConnection connection, Transactions producer) throws SQLException {
    var rows = connection.pending(ROWS_PER_BATCH, BYTES_PER_BATCH);
    while (!rows.isEmpty() && !isClosing()) {
      if (!sendTogether(connection, producer, rows)) sendEach(connection, producer, rows);
      rows = connection.pending(ROWS_PER_BATCH, BYTES_PER_BATCH);
    }
  }

  /// @return false, with nothing sent, if Kafka refuses one of the rows
  private boolean sendTogether(
      OutboxConnection connection, Transactions producer, List<OutboxRow> rows)
      throws SQLException {
    switch (producer.send(rows)) {
      case Transactions.Committed(var written) -> {
        connection.markSent(written);
        sent.increment(written.size());
        return true;
      }
      case Transactions.Refused _ -> {
        return false;
      }
    }
  }

  /// Each row in a transaction of its own, so that only the culprit is parked.
  private void sendEach(OutboxConnection connection, Transactions producer, List<OutboxRow> rows)
      throws SQLException {
    for (var row : rows) {
      switch (producer.send(List.of(row))) {
        case Transactions.Committed(var written) -> {
          connection.markSent(written);
          sent.increment();
        }
        case Transactions.Refused(var reason) -> {
          connection.park(row.id(), reason);
          LOG.errorf(
              "Kafka refuses a row of the outbox for good, it is parked: schema=%s row=%d topic=%s reason=%s",
              database.schema(), row.id(), row.topic(), reason);
        }
      }
    }
  }

  private void ready() {
    if (outage) LOG.infof("The outbox is published again: schema=%s", database.schema());
    outage = false;
    publishing = true;
  }

  private double oldestAge() {
    var oldest = backlog.oldest();
    return oldest == null ? 0 : Duration.between(oldest, clock.instant()).toMillis() / 1000.0;
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private boolean pause() {
    try {
      return closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /// Kafka transactions of rows. A failure that isn't a row's own throws a [KafkaException]: the
  /// outcome is unknown, and a new producer has to fence this one off.
  private static final class Transactions implements AutoCloseable {

    sealed interface Result {}

    record Committed(List<Sent> rows) implements Result {}

    record Refused(String reason) implements Result {}

    private final Producer<String, byte[]> producer;

    Transactions(KafkaClients kafka) {
      this.producer = kafka.transactionalProducer(kafka.service());
    }

    void begin() {
      producer.initTransactions();
    }

    Result send(List<OutboxRow> rows) {
      producer.beginTransaction();
      var futures = new ArrayList<Future<RecordMetadata>>();
      KafkaException failure = null;
      try {
        for (var row : rows) futures.add(producer.send(row.record()));
        producer.commitTransaction();
      } catch (KafkaException e) {
        failure = e;
      }
      if (failure == null) return new Committed(written(rows, futures));
      var reason = refusal(failure, futures);
      if (reason == null) throw failure;
      producer.abortTransaction();
      return new Refused(reason);
    }

    @Override
    public void close() {
      producer.close(CLOSE_TIMEOUT);
    }

    private static List<Sent> written(List<OutboxRow> rows, List<Future<RecordMetadata>> futures) {
      var written = new ArrayList<Sent>();
      for (int i = 0; i < futures.size(); i++) {
        written.add(new Sent(rows.get(i).id(), futures.get(i).resultNow()));
      }
      return written;
    }

    /// The reason for which Kafka will never take one of the records, if it is that.
    private static @Nullable String refusal(
        KafkaException failure, List<Future<RecordMetadata>> futures) {
      for (var future : futures) {
        if (future.state() == Future.State.FAILED) {
          var cause = future.exceptionNow();
          if (isForGood(cause)) return text(cause);
        }
      }
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (isForGood(cause)) return text(cause);
      }
      return null;
    }

    private static boolean isForGood(Throwable cause) {
      return cause instanceof RecordTooLargeException
          || cause instanceof RecordBatchTooLargeException
          || cause instanceof InvalidRecordException
          || cause instanceof InvalidTopicException
          || cause instanceof SerializationException;
    }

    private static String text(Throwable cause) {
      return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
  }
}
