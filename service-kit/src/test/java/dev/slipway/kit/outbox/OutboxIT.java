package dev.slipway.kit.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.kit.topic.Fresh;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.WithStack;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.Driver;

@WithStack
class OutboxIT {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private final Endpoints stack;
  private final String schema =
      "outbox_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
  private final List<OutboxPublisher> publishers = new ArrayList<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private Topic<AccessKey> topic;
  private Connection database;
  private TopicReader reader;

  OutboxIT(Endpoints stack) {
    this.stack = stack;
  }

  @BeforeEach
  void open() throws Exception {
    topic = Fresh.compacted(stack);
    reader = TopicReader.fromBeginning(stack, topic.name());
    database = connect(stack);
    execute("create schema " + schema);
    execute("set search_path to " + schema);
    try (var ddl = Outbox.class.getResourceAsStream("/db/outbox/V0_1__outbox.sql")) {
      execute(new String(ddl.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @AfterEach
  void close() throws Exception {
    publishers.forEach(OutboxPublisher::close);
    reader.close();
    execute("drop schema " + schema + " cascade");
    database.close();
  }

  @Test
  void rowsReachKafkaInOrderAndRememberWhereTheyAre() throws Exception {
    // Given
    for (long revision = 1; revision <= 1_200; revision++) append(state("a", revision));
    // When
    publisher();
    // Then
    var records = reader.untilCount(1_200);
    assertThat(revisions(records)).containsExactlyElementsOf(oneTo(1_200));
    await().until(() -> number("select count(*) from outbox where sent_at is null") == 0);
    var last = records.getLast();
    assertThat(number("select sent_offset from outbox order by id desc limit 1"))
        .isEqualTo(last.offset());
    assertThat(number("select sent_partition from outbox order by id desc limit 1"))
        .isEqualTo(last.partition());
    assertThat(header(last, Message.TYPE)).isEqualTo("dev.slipway.access-key");
    assertThat(meters.get("slipway.outbox.sent").counter().count()).isEqualTo(1_200);
  }

  @Test
  void aTombstoneTravels() throws Exception {
    // Given
    append(Message.tombstone(topic, "a", 7, NOW));
    // When
    publisher();
    // Then
    var record = reader.untilCount(1).getFirst();
    assertThat(record.value()).isNull();
    assertThat(header(record, Message.REVISION)).isEqualTo("7");
  }

  @Test
  void aCommitWakesThePublisher() throws Exception {
    // Given
    var publisher = publisher();
    await().until(publisher::isPublishing);
    var delays = new ArrayList<Double>();
    for (int i = 1; i <= 100; i++) {
      // When
      append(state("a", i));
      long committed = System.nanoTime();
      reader.untilCount(i);
      delays.add((System.nanoTime() - committed) / 1e6);
    }
    // Then
    Collections.sort(delays);
    System.out.printf(
        "committed in PostgreSQL -> read from Kafka: p50 %.1f ms, p90 %.1f ms, max %.1f ms%n",
        delays.get(50), delays.get(90), delays.getLast());
    assertThat(delays.get(50)).as("far below the sweep of 5 s").isLessThan(500);
  }

  @Test
  void whatATransactionTookBackIsNotSent() throws Exception {
    // Given
    publisher();
    database.setAutoCommit(false);
    append(state("rolled-back", 1));
    database.rollback();
    database.setAutoCommit(true);
    // When
    append(state("committed", 1));
    // Then
    assertThat(reader.untilCount(1)).extracting(ConsumerRecord::key).containsExactly("committed");
  }

  @Test
  void aCrashBetweenSendingAndMarkingRepeatsAndLosesNothing() throws Exception {
    // Given a database that takes rows, and fails each time they are to be marked
    execute(
        """
        create function fail() returns trigger language plpgsql as $$ begin raise exception 'crashed'; end $$;
        create trigger fail before update on outbox for each row execute function fail();
        """);
    for (long revision = 1; revision <= 3; revision++) append(state("a", revision));
    publisher();
    reader.until(all -> all.size() >= 6);
    // When
    execute("drop trigger fail on outbox");
    // Then
    await().until(() -> number("select count(*) from outbox where sent_at is null") == 0);
    var revisions = revisions(reader.toEnd());
    assertThat(revisions.size() % 3).isZero();
    for (int i = 0; i < revisions.size(); i++) {
      assertThat(revisions.get(i)).isEqualTo(i % 3 + 1);
    }
  }

  @Test
  void aPredecessorIsFencedOff() throws Exception {
    // Given one that has something in flight
    try (var predecessor = Fresh.clients(stack).transactionalProducer(schema)) {
      predecessor.initTransactions();
      predecessor.beginTransaction();
      predecessor.send(new ProducerRecord<>(topic.name(), "stale", new byte[] {1})).get();
      append(state("fresh", 1));
      // When
      publisher();
      // Then
      assertThat(reader.untilCount(1)).extracting(ConsumerRecord::key).containsExactly("fresh");
      assertThatThrownBy(predecessor::commitTransaction)
          .isInstanceOf(ProducerFencedException.class);
      assertThat(reader.toEnd()).hasSize(1);
    }
  }

  @Test
  void onlyOnePublishesAndAnotherTakesOver() throws Exception {
    // Given
    var first = publisher();
    await().until(first::isPublishing);
    var second = publisher();
    append(state("a", 1));
    reader.untilCount(1);
    assertThat(second.isPublishing()).isFalse();
    // When
    first.close();
    append(state("a", 2));
    // Then
    await().until(second::isPublishing);
    assertThat(revisions(reader.untilCount(2))).containsExactly(1L, 2L);
  }

  @Test
  void aLostConnectionIsReplaced() throws Exception {
    // Given
    var publisher = publisher();
    await().until(publisher::isPublishing);
    for (long revision = 1; revision <= 50; revision++) {
      append(state("a", revision));
      // When
      if (revision % 10 == 0) {
        execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '%s outbox'"
                .formatted(schema));
      }
    }
    // Then
    await().until(() -> number("select count(*) from outbox where sent_at is null") == 0);
    var revisions = revisions(reader.toEnd());
    assertThat(revisions.stream().distinct().toList()).containsExactlyElementsOf(oneTo(50));
  }

  @Test
  void aRowThatKafkaRefusesForGoodIsParkedAndTheLineGoesOn() throws Exception {
    // Given
    var tooLarge = new Message("a", new byte[4 << 20], Map.of());
    append(state("a", 1));
    append(tooLarge);
    append(state("a", 2));
    append(new Message("a", new byte[2 << 20], Map.of()));
    append(state("a", 3));
    // When
    publisher();
    // Then
    assertThat(revisions(reader.untilCount(3))).containsExactly(1L, 2L, 3L);
    await().until(() -> number("select count(*) from outbox where parked_at is not null") == 2);
    assertThat(number("select count(*) from outbox where parked_reason like 'RecordTooLarge%'"))
        .isEqualTo(2);
    assertThat(reader.toEnd()).hasSize(3);
    await()
        .untilAsserted(
            () -> assertThat(meters.get("slipway.outbox.parked").gauge().value()).isEqualTo(2));
  }

  @Test
  void rowsThatWaitAreCounted() throws Exception {
    // Given a Kafka that is nowhere
    append(state("a", 1));
    append(state("a", 2));
    var lonely =
        new OutboxPublisher(
            database(), new KafkaClients("127.0.0.1:1", schema), Clock.systemUTC(), meters);
    publishers.add(lonely);
    // When
    lonely.start();
    // Then
    await()
        .untilAsserted(
            () -> assertThat(meters.get("slipway.outbox.pending").gauge().value()).isEqualTo(2));
    assertThat(meters.get("slipway.outbox.oldest.age").gauge().value()).isPositive();
    assertThat(lonely.isPublishing()).isFalse();
  }

  @Test
  void rowsThatWereSentGoAfterAWeek() throws Exception {
    // Given
    append(state("a", 1));
    append(state("a", 2));
    append(state("a", 3));
    execute("update outbox set sent_at = now() - interval '8 days' where id = 1");
    execute("update outbox set sent_at = now() - interval '6 days' where id = 2");
    // When
    publisher();
    // Then
    await().until(() -> number("select count(*) from outbox where id = 1") == 0);
    assertThat(number("select count(*) from outbox")).isEqualTo(2);
  }

  /// By the driver itself: after a Quarkus test, JDBC's registry knows drivers of its loader only.
  static Connection connect(Endpoints stack) throws SQLException {
    var login = new Properties();
    login.setProperty("user", stack.user());
    login.setProperty("password", stack.password());
    return new Driver().connect(stack.jdbcUrl(), login);
  }

  private OutboxPublisher publisher() {
    var publisher =
        new OutboxPublisher(
            database(), new KafkaClients(stack.kafka(), schema), Clock.systemUTC(), meters);
    publishers.add(publisher);
    publisher.start();
    return publisher;
  }

  private OutboxDatabase database() {
    return new OutboxDatabase(stack.jdbcUrl(), stack.user(), stack.password(), schema);
  }

  private void append(Message message) throws Exception {
    try (var insert =
        database.prepareStatement(
            "insert into outbox (topic, record_key, headers, value) values (?, ?, ?::jsonb, ?)")) {
      insert.setString(1, topic.name());
      insert.setString(2, message.key());
      insert.setString(3, Json.LENIENT.writeValueAsString(message.headers()));
      if (message.value() == null) {
        insert.setNull(4, Types.BINARY);
      } else {
        insert.setBytes(4, message.value());
      }
      insert.executeUpdate();
    }
  }

  private Message state(String key, long revision) {
    return Message.of(
        topic,
        key,
        new AccessKey(
            key,
            revision,
            "test",
            key,
            Digest.sha256(new byte[0]),
            Set.of(Role.VIEWER),
            Set.of(),
            NOW,
            NOW.plus(Duration.ofDays(1))),
        NOW);
  }

  private static List<Long> oneTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  private static List<Long> revisions(List<ConsumerRecord<String, byte[]>> records) {
    return records.stream().map(it -> Long.parseLong(header(it, Message.REVISION))).toList();
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private void execute(String sql) throws SQLException {
    try (var statement = database.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (var query = database.createStatement();
        var answer = query.executeQuery(sql)) {
      answer.next();
      return answer.getLong(1);
    }
  }
}
