package dev.slipway.rollout.channel;

import dev.slipway.contracts.rollout.RecordedEvent;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What happened on a channel, as it went to the topic. Ids rise along a channel's history, because
/// its lock is held when they are drawn.
@Entity
@Table(name = "rollout_event")
@SuppressWarnings("NullAway.Init")
public class EventRow extends PanacheEntityBase {

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  public @Nullable Long id;

  @Column(name = "channel_key")
  public String channelKey;

  /// Absent where it is about the channel.
  @Column(name = "rollout_id")
  public @Nullable String rolloutId;

  public Instant at;
  public String event;

  static EventRow of(String channelKey, RolloutEvent event) {
    var row = new EventRow();
    row.channelKey = channelKey;
    var rollout = event.subject().rolloutId();
    row.rolloutId = rollout == null ? null : rollout.text();
    row.at = event.subject().at();
    row.event = StoredJson.write(event);
    return row;
  }

  static Uni<List<EventRow>> after(String channelKey, long id, int atMost) {
    return EventRow.<EventRow>find("channelKey = ?1 and id > ?2 order by id", channelKey, id)
        .page(0, atMost)
        .list();
  }

  long id() {
    if (id == null) throw new IllegalStateException("an event that was not stored");
    return id;
  }

  RecordedEvent recorded() {
    return new RecordedEvent(id(), StoredJson.read(event, RolloutEvent.class));
  }
}
