package dev.slipway.rollout.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.override.OverrideRow;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// Forgets devices: this service's row, the records that delivery keeps in memory, and, through an
/// event, what telemetry knows, all said in one transaction. Safe to repeat.
@ApplicationScoped
public class DeviceBook {

  private final AppBook apps;
  private final Outbox outbox;
  private final Audit audit;
  private final Clock clock;

  public DeviceBook(AppBook apps, Outbox outbox, Audit audit, Clock clock) {
    this.apps = apps;
    this.outbox = outbox;
    this.audit = audit;
    this.clock = clock;
  }

  /// Forgets a device. Nobody here knows which devices there are, so one that never was is
  /// forgotten as well. The audit keeps a hash of its name: enough to show that it was forgotten to
  /// somebody who knows the name, and nothing to find it by.
  Uni<Void> forget(AppId app, DeviceId device, @Nullable String reason) {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var key = DeviceEvent.key(app, device);
    return Panache.withTransaction(
        () ->
            apps.require(app)
                .chain(
                    () ->
                        OverrideRow.delete(
                            "appId = ?1 and deviceId = ?2", app.text(), device.text()))
                .chain(() -> Panache.getSession())
                .chain(
                    session ->
                        gone(session, Topics.DEVICE_OVERRIDES, key, now)
                            .chain(() -> gone(session, Topics.DEVICE_CHANNELS, key, now))
                            .chain(
                                () ->
                                    outbox.append(
                                        session,
                                        Message.of(
                                            Topics.DEVICE_EVENTS,
                                            key,
                                            new DeviceEvent.Forgotten(app, device, now),
                                            now),
                                        Topics.DEVICE_EVENTS))
                            .chain(
                                () ->
                                    audit.append(
                                        session,
                                        Audit.Deed.of(
                                            "device.forget",
                                            app,
                                            Audit.subject(app, device),
                                            reason,
                                            null,
                                            null)))));
  }

  private Uni<Void> gone(Mutiny.Session session, Topic<?> topic, String key, Instant now) {
    return outbox.append(session, Message.tombstone(topic, key, now.toEpochMilli(), now), topic);
  }
}
