package dev.slipway.kit.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import io.smallrye.mutiny.Uni;
import java.util.regex.Pattern;
import org.hibernate.reactive.mutiny.Mutiny;

/// The events of a service on their way from its database to Kafka: a table that the same
/// transaction writes that made the event true. Its DDL is `db/outbox/V0_1__outbox.sql`.
///
/// The rows of two transactions reach Kafka in the order of their ids, but a transaction that
/// commits late may carry smaller ids than one that is already sent. Who needs order among the
/// events of one aggregate locks the aggregate's row before the first append.
public final class Outbox {

  private static final Pattern SCHEMA = Pattern.compile("[a-z][a-z0-9_]{0,30}");

  private final String insert;

  /// @param schema the service's own
  public Outbox(String schema) {
    this.insert =
        """
        insert into %s.outbox (topic, record_key, headers, value)
        values (:topic, :key, cast(cast(:headers as text) as jsonb), :value)
        """
            .formatted(checkedSchema(schema));
  }

  /// Adds the message to the session's transaction; nothing is sent unless that commits.
  public Uni<Void> append(Mutiny.Session session, Message message, Topic<?> topic) {
    // Headers go as text first: the reactive client would write a text for jsonb as a JSON string.
    return session
        .createNativeQuery(insert)
        .setParameter("topic", topic.name())
        .setParameter("key", message.key())
        .setParameter("headers", headersOf(message))
        .setParameter("value", message.value())
        .executeUpdate()
        .replaceWithVoid();
  }

  static String checkedSchema(String schema) {
    if (!SCHEMA.matcher(schema).matches()) {
      throw new IllegalArgumentException("not the name of a schema: " + schema);
    }
    return schema;
  }

  private static String headersOf(Message message) {
    try {
      return Json.LENIENT.writeValueAsString(message.headers());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts is always JSON", e);
    }
  }
}
