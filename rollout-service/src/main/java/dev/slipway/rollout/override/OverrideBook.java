package dev.slipway.rollout.override;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.channel.ChannelBook;
import dev.slipway.rollout.override.OverrideRow.Key;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Puts devices on channels: the row and what delivery is told are one transaction.
@ApplicationScoped
public class OverrideBook {

  private static final String INSERT =
      """
      insert into rollout.device_override
        (app_id, device_id, channel, revision, reason, access_key, changed_at, removed_at)
      values (:app, :device, '', 0, '', '', :now, :now) on conflict do nothing
      """;

  private final ChannelBook channels;
  private final Outbox outbox;
  private final Audit audit;
  private final Clock clock;

  public OverrideBook(ChannelBook channels, Outbox outbox, Audit audit, Clock clock) {
    this.channels = channels;
    this.outbox = outbox;
    this.audit = audit;
    this.clock = clock;
  }

  /// Puts the device on the channel, which must be there. A repetition changes nothing.
  Uni<OverrideRow> put(AppId app, DeviceId device, ChannelName channel, Cause.Person by) {
    var now = now();
    return Panache.withTransaction(
        () ->
            channels
                .look(app, channel, null)
                .chain(() -> Panache.getSession())
                .chain(
                    session ->
                        session
                            .createNativeQuery(INSERT)
                            .setParameter("app", app.text())
                            .setParameter("device", device.text())
                            .setParameter("now", now)
                            .executeUpdate()
                            .chain(() -> locked(app, device))
                            .call(
                                row ->
                                    row.isThere() && row.channel.equals(channel.text())
                                        ? Uni.createFrom().voidItem()
                                        : change(session, row, channel, by, now))));
  }

  /// Lets the device have its own choice again.
  Uni<Void> remove(AppId app, DeviceId device, Cause.Person by) {
    var now = now();
    return Panache.withTransaction(
        () ->
            locked(app, device)
                .invoke(
                    row -> {
                      if (row == null || !row.isThere()) throw Refusal.notFound();
                    })
                .chain(
                    row -> {
                      var before = row.state();
                      row.revision = Math.max(row.revision + 1, now.toEpochMilli());
                      row.reason = by.reason();
                      row.accessKey = by.accessKey();
                      row.changedAt = now;
                      row.removedAt = now;
                      return Panache.getSession()
                          .chain(
                              session ->
                                  outbox
                                      .append(session, tombstone(row, now), Topics.DEVICE_OVERRIDES)
                                      .chain(
                                          () ->
                                              record(
                                                  session, "override.remove", row, before, null)));
                    }));
  }

  /// Says all overrides after this one again, at most so many.
  ///
  /// @return those that were said again
  public Uni<List<Key>> republish(Key after, int atMost) {
    var now = now();
    return Panache.withTransaction(
        () ->
            OverrideRow.<OverrideRow>find(
                    "(appId > ?1 or appId = ?1 and deviceId > ?2) order by appId, deviceId",
                    after.appId,
                    after.deviceId)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .page(0, atMost)
                .list()
                .chain(
                    rows ->
                        Multi.createFrom()
                            .iterable(rows)
                            .onItem()
                            .transformToUniAndConcatenate(
                                row ->
                                    Panache.getSession()
                                        .chain(session -> sayAgain(session, row, now))
                                        .replaceWith(
                                            new Key(
                                                AppId.of(row.appId), DeviceId.of(row.deviceId))))
                            .collect()
                            .asList()));
  }

  /// Before every key.
  public static Key first() {
    var key = new Key();
    key.appId = "";
    key.deviceId = "";
    return key;
  }

  private Uni<Void> sayAgain(Mutiny.Session session, OverrideRow row, Instant now) {
    row.revision = Math.max(row.revision + 1, now.toEpochMilli());
    var key = row.appId + "/" + row.deviceId;
    return outbox.append(
        session,
        row.isThere()
            ? Message.of(Topics.DEVICE_OVERRIDES, key, row.state(), now)
            : Message.tombstone(Topics.DEVICE_OVERRIDES, key, row.revision, now),
        Topics.DEVICE_OVERRIDES);
  }

  private Uni<Void> change(
      Mutiny.Session session, OverrideRow row, ChannelName channel, Cause.Person by, Instant now) {
    var before = row.isThere() ? row.state() : null;
    row.channel = channel.text();
    row.revision = Math.max(row.revision + 1, now.toEpochMilli());
    row.reason = by.reason();
    row.accessKey = by.accessKey();
    row.changedAt = now;
    row.removedAt = null;
    var state = row.state();
    return outbox
        .append(
            session,
            Message.of(Topics.DEVICE_OVERRIDES, state.key(), state, now),
            Topics.DEVICE_OVERRIDES)
        .chain(() -> record(session, "override.set", row, before, state));
  }

  /// Takes every override of an app that ends for good from the topic; the rows go with the app's.
  public Uni<Void> end(Mutiny.Session session, AppId app, Instant now) {
    return OverrideRow.<OverrideRow>find(
            "appId = ?1 and removedAt is null order by deviceId", app.text())
        .list()
        .chain(
            rows -> {
              Uni<Void> told = Uni.createFrom().voidItem();
              for (var row : rows) {
                row.revision = Math.max(row.revision + 1, now.toEpochMilli());
                var gone = tombstone(row, now);
                told = told.chain(() -> outbox.append(session, gone, Topics.DEVICE_OVERRIDES));
              }
              return told;
            });
  }

  private static Message tombstone(OverrideRow row, Instant now) {
    return Message.tombstone(
        Topics.DEVICE_OVERRIDES,
        DeviceEvent.key(AppId.of(row.appId), DeviceId.of(row.deviceId)),
        row.revision,
        now);
  }

  private Uni<Void> record(
      Mutiny.Session session,
      String action,
      OverrideRow row,
      @Nullable DeviceOverride before,
      @Nullable DeviceOverride after) {
    return audit.append(
        session,
        Deed.of(
            action,
            AppId.of(row.appId),
            Audit.subject(AppId.of(row.appId), DeviceId.of(row.deviceId)),
            row.reason,
            before,
            after));
  }

  private static Uni<OverrideRow> locked(AppId app, DeviceId device) {
    return OverrideRow.findById(new Key(app, device), LockModeType.PESSIMISTIC_WRITE);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
