package dev.slipway.rollout.publisher;

import static dev.slipway.rollout.heard.UntilDone.untilDone;

import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.DeadLetters;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.heard.HeardOffsets.Position;
import dev.slipway.rollout.statement.Renewals;
import dev.slipway.rollout.webhook.Webhooks;
import dev.slipway.rollout.webhook.Webhooks.News;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.hibernate.reactive.mutiny.Mutiny;

/// Hears what happened to the publishers' certificates, tells webhooks, and has agents told of
/// revocations and hand-overs. That an event was heard and what it did are one transaction; a
/// repeat changes nothing, and is the same message to a webhook. While PostgreSQL is away the line
/// waits; a record that cannot be read goes to the dead letters.
@ApplicationScoped
public class PublisherListener {

  private final Certificates certificates;
  private final Renewals renewals;
  private final AppBook apps;
  private final Webhooks webhooks;
  private final HeardOffsets heard;
  private final DeadLetters deadLetters;
  private final Clock clock;

  public PublisherListener(
      Certificates certificates,
      Renewals renewals,
      AppBook apps,
      Webhooks webhooks,
      HeardOffsets heard,
      DeadLetters deadLetters,
      Clock clock) {
    this.certificates = certificates;
    this.renewals = renewals;
    this.apps = apps;
    this.webhooks = webhooks;
    this.heard = heard;
    this.deadLetters = deadLetters;
    this.clock = clock;
  }

  @Incoming("publisher-events")
  Uni<Void> hear(ConsumerRecord<String, byte[]> record) {
    if (record.value() == null) return Uni.createFrom().voidItem();
    PublisherEvent event;
    try {
      event = Message.read(Topics.PUBLISHER_EVENTS, record.value());
    } catch (MalformedRecordException e) {
      return untilDone(
          () -> Uni.createFrom().completionStage(() -> deadLetters.send(record, e)), record);
    }
    return untilDone(() -> hear(event, Position.of(record)), record);
  }

  private Uni<Void> hear(PublisherEvent event, Position position) {
    return Panache.withTransaction(
        () ->
            apps.isKnown(event.appId())
                .chain(known -> known ? take(event) : Uni.createFrom().voidItem())
                .chain(() -> heard.moveTo(position)));
  }

  private Uni<Void> take(PublisherEvent event) {
    return Panache.getSession()
        .chain(
            session ->
                certificates
                    .remember(session, event)
                    .chain(concernsAgents -> renew(session, event, concernsAgents))
                    .chain(() -> webhooks.announce(session, news(event))));
  }

  private Uni<Void> renew(Mutiny.Session session, PublisherEvent event, boolean concernsAgents) {
    return concernsAgents
        ? session.flush().chain(() -> renewals.ask(session, event.appId(), clock.instant()))
        : Uni.createFrom().voidItem();
  }

  /// Named so that the repetition of an event is the same message.
  private static News news(PublisherEvent event) {
    var type =
        switch (event) {
          case PublisherEvent.CertificatePinned _ -> "certificate.pinned";
          case PublisherEvent.LineageChanged _ -> "certificate.lineage-changed";
          case PublisherEvent.CertificateExpiring _ -> "certificate.expiring";
          case PublisherEvent.CertificateInGrace _ -> "certificate.in-grace";
          case PublisherEvent.CertificateRevoked _ -> "certificate.revoked";
        };
    var about =
        switch (event) {
          case PublisherEvent.CertificatePinned it -> it.certificate() + " " + it.at();
          case PublisherEvent.LineageChanged it -> it.from() + " " + it.to() + " " + it.version();
          case PublisherEvent.CertificateExpiring it -> it.leaf() + " " + it.daysLeft();
          case PublisherEvent.CertificateInGrace it -> it.leaf() + " " + it.at();
          case PublisherEvent.CertificateRevoked it -> it.leaf() + " " + it.at();
        };
    return new News(event.appId(), type, about, event.at(), event);
  }
}
