package dev.slipway.rollout.channel;

import dev.slipway.contracts.topic.Topics;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;

/// Up to where verdicts were heard, in the database: what a verdict does and that it was heard are
/// one transaction. Whether one is news is told by its revision; these offsets only say where to go
/// on.
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

  /// Where a verdict stood.
  public record Position(int partition, long offset) {}

  /// In the caller's transaction.
  Uni<Void> moveTo(Position position) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(MOVE)
                    .setParameter("topic", Topics.ROLLOUT_VERDICTS.name())
                    .setParameter("part", position.partition())
                    .setParameter("next", position.offset() + 1)
                    .executeUpdate())
        .replaceWithVoid();
  }

  /// Per partition the next record to hear. Blocks.
  Map<Integer, Long> next() throws SQLException {
    try (var connection = database.getConnection();
        var query = connection.prepareStatement(ALL)) {
      query.setString(1, Topics.ROLLOUT_VERDICTS.name());
      try (var rows = query.executeQuery()) {
        var next = new HashMap<Integer, Long>();
        while (rows.next()) next.put(rows.getInt(1), rows.getLong(2));
        return next;
      }
    }
  }
}
