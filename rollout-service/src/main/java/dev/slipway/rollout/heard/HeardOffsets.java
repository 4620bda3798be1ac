package dev.slipway.rollout.heard;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// Up to where topics were heard, in the database: what a record does and that it was heard are one
/// transaction. Whether one is news is told by what it says; these offsets only say where to go on.
@ApplicationScoped
public class HeardOffsets {

  private static final String MOVE =
      """
      insert into rollout.heard (topic, part, next_offset) values (:topic, :part, :next)
      on conflict (topic, part) do update set next_offset = excluded.next_offset
      """;

  private static final String ALL = "select part, next_offset from rollout.heard where topic = ?";

  private final DataSource database;

  public HeardOffsets(DataSource database) {
    this.database = database;
  }

  /// Where a record stood.
  public record Position(String topic, int partition, long offset) {

    public static Position of(ConsumerRecord<?, ?> record) {
      return new Position(record.topic(), record.partition(), record.offset());
    }
  }

  /// In the caller's transaction.
  public Uni<Void> moveTo(Position position) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(MOVE)
                    .setParameter("topic", position.topic())
                    .setParameter("part", position.partition())
                    .setParameter("next", position.offset() + 1)
                    .executeUpdate())
        .replaceWithVoid();
  }

  /// Per partition of the topic the next record to hear. Blocks.
  Map<Integer, Long> next(String topic) throws SQLException {
    try (var connection = database.getConnection();
        var query = connection.prepareStatement(ALL)) {
      query.setString(1, topic);
      try (var rows = query.executeQuery()) {
        var next = new HashMap<Integer, Long>();
        while (rows.next()) next.put(rows.getInt(1), rows.getLong(2));
        return next;
      }
    }
  }
}
