package dev.slipway.rollout.admin;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.rollout.Republished;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.State;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.override.OverrideBook;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Says all states of this service again, in batches of a transaction each, apps before their
/// channels. Each gets a new revision, in its row too: it wins against whatever Kafka kept.
@ApplicationScoped
public class Republisher {

  private static final int BATCH = 100;

  private final ChannelBook channels;
  private final OverrideBook overrides;
  private final Outbox outbox;
  private final Audit audit;
  private final Clock clock;

  public Republisher(
      ChannelBook channels, OverrideBook overrides, Outbox outbox, Audit audit, Clock clock) {
    this.channels = channels;
    this.overrides = overrides;
    this.outbox = outbox;
    this.audit = audit;
    this.clock = clock;
  }

  Uni<Republished> all() {
    return record()
        .chain(
            () ->
                rows(
                    "access_key",
                    "key_id",
                    "key",
                    "revoked_at is null",
                    Topics.ACCESS_KEYS,
                    AccessKey.class))
        .chain(
            keys ->
                rows("app", "app_id", "state", "true", Topics.APPS, AppState.class)
                    .chain(
                        apps ->
                            count("", key -> channels.republish(key, BATCH), key -> key)
                                .chain(
                                    said ->
                                        count(
                                                OverrideBook.first(),
                                                key -> overrides.republish(key, BATCH),
                                                key -> key)
                                            .map(
                                                devices ->
                                                    new Republished(apps, said, devices, keys)))));
  }

  /// Batches are transactions of their own, so the line comes before the first: who asks for it is
  /// on the record whatever becomes of the rest.
  private Uni<Void> record() {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        audit.append(
                            session,
                            Deed.of("admin.republish", null, "installation", null, null, null))));
  }

  /// Repeats a batch, each after the last of the one before, until one is not full.
  private static <K> Uni<Long> count(
      K after, Function<K, Uni<List<K>>> batch, Function<K, K> next) {
    return batch
        .apply(after)
        .chain(
            said ->
                said.size() < BATCH
                    ? Uni.createFrom().item((long) said.size())
                    : count(next.apply(said.getLast()), batch, next)
                        .map(rest -> rest + said.size()));
  }

  /// States that are one JSON column of their row.
  private <T extends State> Uni<Long> rows(
      String table, String key, String column, String which, Topic<T> topic, Class<T> type) {
    return count(
        "",
        after ->
            Panache.withTransaction(
                () -> batch(new Source(table, key, column, which), after, topic, type)),
        last -> last);
  }

  private record Source(String table, String key, String column, String which) {}

  private <T extends State> Uni<List<String>> batch(
      Source from, String after, Topic<T> topic, Class<T> type) {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var select =
        "select %s as id, %s as state from rollout.%s where %s > :after and %s order by 1 limit %d for update"
            .formatted(from.key(), from.column(), from.table(), from.key(), from.which(), BATCH);
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(select, Tuple.class)
                    .setParameter("after", after)
                    .getResultList()
                    .chain(
                        rows ->
                            Multi.createFrom()
                                .iterable(rows)
                                .onItem()
                                .transformToUniAndConcatenate(
                                    row -> sayAgain(from, row, topic, type, now))
                                .collect()
                                .asList()));
  }

  private <T extends State> Uni<String> sayAgain(
      Source from, Tuple row, Topic<T> topic, Class<T> type, Instant now) {
    var id = row.get("id", String.class);
    var known = StoredJson.read(row.get("state", String.class), type);
    var raised =
        StoredJson.read(
            StoredJson.with(
                row.get("state", String.class),
                Map.of("revision", Math.max(known.revision() + 1, now.toEpochMilli()))),
            type);
    var update =
        "update rollout.%s set %s = :state where %s = :id"
            .formatted(from.table(), from.column(), from.key());
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(update)
                    .setParameter("state", StoredJson.write(raised))
                    .setParameter("id", id)
                    .executeUpdate()
                    .chain(() -> outbox.append(session, Message.of(topic, id, raised, now), topic)))
        .replaceWith(id);
  }
}
