package dev.slipway.kit.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.WithStack;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.hibernate.cfg.Configuration;
import org.hibernate.reactive.mutiny.Mutiny;
import org.hibernate.reactive.provider.ReactiveServiceRegistryBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithStack
class OutboxAppendIT {

  private final Endpoints stack;
  private final String schema =
      "append_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
  private Connection database;
  private Mutiny.SessionFactory sessions;

  OutboxAppendIT(Endpoints stack) {
    this.stack = stack;
  }

  @BeforeEach
  void open() throws Exception {
    database = OutboxIT.connect(stack);
    try (var statement = database.createStatement();
        var ddl = Outbox.class.getResourceAsStream("/db/outbox/V0_1__outbox.sql")) {
      statement.execute("create schema " + schema);
      statement.execute("set search_path to " + schema);
      statement.execute(new String(ddl.readAllBytes(), StandardCharsets.UTF_8));
    }
    var configuration = new Configuration();
    configuration.setProperty("jakarta.persistence.jdbc.url", stack.reactiveUrl());
    configuration.setProperty("jakarta.persistence.jdbc.user", stack.user());
    configuration.setProperty("jakarta.persistence.jdbc.password", stack.password());
    sessions =
        configuration
            .buildSessionFactory(
                new ReactiveServiceRegistryBuilder()
                    .applySettings(configuration.getProperties())
                    .build())
            .unwrap(Mutiny.SessionFactory.class);
  }

  @AfterEach
  void close() throws Exception {
    sessions.close();
    try (var statement = database.createStatement()) {
      statement.execute("drop schema " + schema + " cascade");
    }
    database.close();
  }

  @Test
  void aMessageIsKeptAsItIs() throws Exception {
    // Given
    var outbox = new Outbox(schema);
    var state =
        new Message(
            "a/1", "{\"quote\":\"'\"}".getBytes(StandardCharsets.UTF_8), Map.of("ce_id", "a\"b"));
    var tombstone = Message.tombstone(Topics.APPS, "a", 9, Instant.EPOCH);
    // When
    sessions
        .withTransaction(
            (session, _) ->
                outbox
                    .append(session, state, Topics.BUNDLES)
                    .chain(() -> outbox.append(session, tombstone, Topics.APPS)))
        .await()
        .indefinitely();
    // Then
    var settings = new OutboxDatabase(stack.jdbcUrl(), stack.user(), stack.password(), schema);
    try (var connection = OutboxConnection.open(settings, "test-service")) {
      var rows = connection.pending(10, 1 << 20);
      assertThat(rows).hasSize(2);
      assertThat(rows.get(0).topic()).isEqualTo("slipway.bundles");
      assertThat(rows.get(0).key()).isEqualTo("a/1");
      assertThat(rows.get(0).headers()).isEqualTo(state.headers());
      assertThat(rows.get(0).value()).isEqualTo(state.value());
      assertThat(rows.get(1).value()).isNull();
      assertThat(rows.get(1).headers()).isEqualTo(tombstone.headers());
    }
  }

  @Test
  void aTransactionThatFailsLeavesNothing() throws Exception {
    // Given
    var outbox = new Outbox(schema);
    var message = Message.tombstone(Topics.APPS, "a", 9, Instant.EPOCH);
    // When
    Uni<Void> transaction =
        sessions.withTransaction(
            (session, _) ->
                outbox
                    .append(session, message, Topics.APPS)
                    .chain(
                        () -> Uni.createFrom().failure(new IllegalStateException("taken back"))));
    // Then
    assertThatThrownBy(() -> transaction.await().indefinitely()).hasMessage("taken back");
    try (var query = database.createStatement();
        var answer = query.executeQuery("select count(*) from outbox")) {
      answer.next();
      assertThat(answer.getLong(1)).isZero();
    }
  }

  @Test
  void onlyTheNameOfASchemaIsTaken() {
    assertThatThrownBy(() -> new Outbox("x; drop table y")).hasMessageContaining("schema");
  }
}
