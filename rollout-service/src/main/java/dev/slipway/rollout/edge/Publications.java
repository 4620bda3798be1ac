package dev.slipway.rollout.edge;

import dev.slipway.contracts.topic.Topics;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import org.jspecify.annotations.Nullable;

/// Where on `channel-states` a channel's newest state stands.
@ApplicationScoped
public class Publications {

  /// How far a channel's newest state has come.
  public sealed interface Publication {
    /// Kafka does not have it yet.
    record Waiting() implements Publication {}

    record Sent(int partition, long offset) implements Publication {}

    /// So long ago that the outbox forgot where.
    record LongAgo() implements Publication {}
  }

  private static final String NEWEST =
      """
      select o.sent_partition as partition, o.sent_offset as offset from rollout.outbox o
      where o.topic = '%s' and o.record_key = :key order by o.id desc limit 1
      """
          .formatted(Topics.CHANNEL_STATES.name());

  public Uni<Publication> ofChannel(String channelKey) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(NEWEST, Tuple.class)
                    .setParameter("key", channelKey)
                    .getSingleResultOrNull())
        .map(Publications::publication);
  }

  private static Publication publication(@Nullable Tuple row) {
    if (row == null) return new Publication.LongAgo();
    var partition = row.get("partition", Integer.class);
    var offset = row.get("offset", Long.class);
    return partition == null || offset == null
        ? new Publication.Waiting()
        : new Publication.Sent(partition, offset);
  }
}
