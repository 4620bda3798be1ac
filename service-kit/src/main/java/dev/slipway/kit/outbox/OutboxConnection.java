package dev.slipway.kit.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.contracts.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/// The publisher's own connection: the advisory lock and the LISTEN live exactly as long as it
/// does.
final class OutboxConnection implements AutoCloseable {

  /// How much waits to be sent, and since when.
  record Backlog(long pending, @Nullable Instant oldest, long parked) {}

  /// A row that Kafka has.
  record Sent(long id, RecordMetadata where) {}

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(20);
  private static final int ROWS_PER_FETCH = 50;
  private static final int DELETED_AT_ONCE = 10_000;
  private static final int MAX_REASON_CHARACTERS = 1_000;
  private static final TypeReference<Map<String, String>> HEADERS = new TypeReference<>() {};

  private final Connection jdbc;
  private final String schema;

  private OutboxConnection(Connection jdbc, String schema) {
    this.jdbc = jdbc;
    this.schema = schema;
  }

  static OutboxConnection open(OutboxDatabase database, String service) throws SQLException {
    var settings = new Properties();
    settings.setProperty("user", database.user());
    settings.setProperty("password", database.password());
    settings.setProperty("ApplicationName", service + " outbox");
    settings.setProperty("connectTimeout", Long.toString(CONNECT_TIMEOUT.toSeconds()));
    settings.setProperty("socketTimeout", Long.toString(ANSWER_TIMEOUT.toSeconds()));
    settings.setProperty("tcpKeepAlive", "true");
    // By the driver itself: a service has no other use for JDBC's registry, nor for a pool.
    var jdbc = new Driver().connect(database.jdbcUrl(), settings);
    if (jdbc == null) throw new SQLException("not a PostgreSQL address: " + database.jdbcUrl());
    return new OutboxConnection(jdbc, database.schema());
  }

  /// Takes the lock that only one connection can have, unless another has it.
  boolean lock() throws SQLException {
    try (var query = jdbc.prepareStatement("select pg_try_advisory_lock(hashtextextended(?, 0))")) {
      query.setString(1, "slipway.outbox." + schema);
      try (var answer = query.executeQuery()) {
        answer.next();
        return answer.getBoolean(1);
      }
    }
  }

  void listen() throws SQLException {
    try (var statement = jdbc.createStatement()) {
      statement.execute("listen " + schema + "_outbox");
    }
  }

  /// Waits for a commit that wrote to the outbox.
  ///
  /// @return whether there was one within this time
  boolean await(Duration atMost) throws SQLException {
    var notifications = jdbc.unwrap(PGConnection.class).getNotifications((int) atMost.toMillis());
    return notifications != null && notifications.length > 0;
  }

  /// The next rows to send, in order: at most so many, and no more after so many bytes.
  List<OutboxRow> pending(int atMost, int bytes) throws SQLException {
    var rows = new ArrayList<OutboxRow>();
    // Without a transaction the driver would fetch every row at once.
    jdbc.setAutoCommit(false);
    try (var query =
        prepare(
            """
            select id, topic, record_key, headers, value from %s.outbox
            where sent_at is null and parked_at is null order by id limit ?
            """)) {
      query.setInt(1, atMost);
      query.setFetchSize(ROWS_PER_FETCH);
      long size = 0;
      try (var answer = query.executeQuery()) {
        while (size < bytes && answer.next()) {
          var row = row(answer);
          rows.add(row);
          size += row.value() == null ? 0 : row.value().length;
        }
      }
    } finally {
      jdbc.commit();
      jdbc.setAutoCommit(true);
    }
    return rows;
  }

  void markSent(List<Sent> sent) throws SQLException {
    if (sent.isEmpty()) return;
    try (var update =
        prepare(
            """
            update %s.outbox o set sent_at = clock_timestamp(), sent_partition = s.partition, sent_offset = s.sent_offset
            from unnest(?::bigint[], ?::int[], ?::bigint[]) as s (id, partition, sent_offset) where o.id = s.id
            """)) {
      update.setArray(1, array("bigint", sent.stream().map(Sent::id).toArray()));
      update.setArray(2, array("int", sent.stream().map(row -> row.where().partition()).toArray()));
      update.setArray(3, array("bigint", sent.stream().map(row -> row.where().offset()).toArray()));
      update.executeUpdate();
    }
  }

  void park(long id, String reason) throws SQLException {
    try (var update =
        prepare(
            "update %s.outbox set parked_at = clock_timestamp(), parked_reason = ? where id = ?")) {
      update.setString(
          1,
          reason.length() <= MAX_REASON_CHARACTERS
              ? reason
              : reason.substring(0, MAX_REASON_CHARACTERS));
      update.setLong(2, id);
      update.executeUpdate();
    }
  }

  Backlog backlog() throws SQLException {
    try (var query =
            prepare(
                """
                select (select count(*) from %1$s.outbox where sent_at is null and parked_at is null),
                       (select created_at from %1$s.outbox where sent_at is null and parked_at is null order by id limit 1),
                       (select count(*) from %1$s.outbox where parked_at is not null)
                """);
        var answer = query.executeQuery()) {
      answer.next();
      var oldest = answer.getObject(2, OffsetDateTime.class);
      return new Backlog(
          answer.getLong(1), oldest == null ? null : oldest.toInstant(), answer.getLong(3));
    }
  }

  /// Deletes rows that were sent before this time, some at a time.
  int deleteSentBefore(Instant time) throws SQLException {
    try (var delete =
        prepare(
            "delete from %1$s.outbox where id in (select id from %1$s.outbox where sent_at < ? limit ?)")) {
      delete.setObject(1, time.atOffset(ZoneOffset.UTC));
      delete.setInt(2, DELETED_AT_ONCE);
      return delete.executeUpdate();
    }
  }

  @Override
  public void close() throws SQLException {
    jdbc.close();
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    return jdbc.prepareStatement(sql.formatted(schema));
  }

  private java.sql.Array array(String type, Object[] values) throws SQLException {
    return jdbc.createArrayOf(type, values);
  }

  private static OutboxRow row(ResultSet answer) throws SQLException {
    try {
      return new OutboxRow(
          answer.getLong(1),
          answer.getString(2),
          answer.getString(3),
          Json.LENIENT.readValue(answer.getString(4), HEADERS),
          answer.getBytes(5));
    } catch (JsonProcessingException e) {
      throw new SQLException(
          "the headers of outbox row " + answer.getLong(1) + " are not texts", e);
    }
  }
}
