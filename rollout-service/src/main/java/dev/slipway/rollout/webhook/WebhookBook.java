package dev.slipway.rollout.webhook;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.webhook.DeliveryView;
import dev.slipway.contracts.webhook.DeliveryView.State;
import dev.slipway.contracts.webhook.WebhookView;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.StoredJson;
import dev.slipway.rollout.app.AppBook;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import dev.slipway.rollout.webhook.Courier.Answer;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The webhooks, their messages, and what became of these.
@ApplicationScoped
public class WebhookBook {

  /// While a message is being posted it is not due; if its poster dies, it is again after this.
  static final Duration LEASE = Courier.LIMIT.multipliedBy(4);

  static final String TEST = "webhook.test";

  private static final int MOST = 100;

  private final Audit audit;
  private final AppBook apps;
  private final SecureRandom random;
  private final Clock clock;

  public WebhookBook(Audit audit, AppBook apps, SecureRandom random, Clock clock) {
    this.audit = audit;
    this.apps = apps;
    this.random = random;
    this.clock = clock;
  }

  /// A message that is to be posted now.
  record Parcel(
      long id, String webhookId, String url, Secrets secrets, String messageId, String body) {}

  Uni<WebhookView> create(
      String url, @Nullable AppId app, Set<String> events, @Nullable String description) {
    var row = new WebhookRow();
    row.id = "wh_" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    row.revision = 1;
    row.url = url;
    row.appId = app == null ? null : app.text();
    row.events = StoredJson.write(events.stream().sorted().toList());
    row.description = description;
    row.enabled = true;
    var secrets = Secrets.fresh(random);
    row.take(secrets);
    row.createdAt = now();
    var shown = row.view(now(), secrets.shownOnce());
    return Panache.withTransaction(
        () ->
            (app == null ? Uni.createFrom().voidItem() : apps.require(app).replaceWithVoid())
                .chain(() -> WebhookRow.count("appId", row.appId))
                .invoke(
                    count -> {
                      if (count >= MOST) {
                        throw Refusal.of(
                            403, "quota-exceeded", "An app has 100 webhooks at most.");
                      }
                    })
                .chain(() -> row.persist())
                .chain(
                    () -> record("webhook.create", row, null, row.view(now(), null)))
                .replaceWith(shown));
  }

  Uni<List<WebhookView>> list(Set<String> apps, String after, int atMost) {
    var query =
        apps.isEmpty()
            ? WebhookRow.<WebhookRow>find("id > ?1 order by id", after)
            : WebhookRow.<WebhookRow>find("id > ?1 and appId in ?2 order by id", after, apps);
    return Panache.withSession(
        () ->
            query
                .page(0, atMost)
                .list()
                .map(rows -> rows.stream().map(row -> row.view(now(), null)).toList()));
  }

  /// The app that a webhook is about; empty where it is about all.
  Uni<Optional<AppId>> app(String id) {
    return Panache.withSession(
        () ->
            WebhookRow.<WebhookRow>findById(id)
                .onItem()
                .ifNull()
                .failWith(Refusal::notFound)
                .map(WebhookRow::app));
  }

  Uni<WebhookView> get(String id) {
    return Panache.withSession(
        () ->
            WebhookRow.<WebhookRow>findById(id)
                .onItem()
                .ifNull()
                .failWith(Refusal::notFound)
                .map(row -> row.view(now(), null)));
  }

  Uni<WebhookView> setEnabled(String id, boolean enabled) {
    return change(
        id,
        enabled ? "webhook.enable" : "webhook.disable",
        row -> {
          row.enabled = enabled;
          row.disabledBecause = null;
          row.failingSince = null;
          return row;
        },
        () -> enabled ? Uni.createFrom().voidItem() : cancelled(id));
  }

  /// @return with the new secret
  Uni<WebhookView> rotate(String id, Duration overlap) {
    var secrets = new Secrets[1];
    return change(
            id,
            "webhook.rotate-secret",
            row -> {
              secrets[0] = row.secrets().rotated(random, now().plus(overlap));
              row.take(secrets[0]);
              return row;
            },
            () -> Uni.createFrom().voidItem())
        .map(view -> withSecret(view, secrets[0].shownOnce()));
  }

  Uni<Void> delete(String id) {
    return Panache.withTransaction(
        () ->
            WebhookRow.locked(id)
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row -> {
                      var before = row.view(now(), null);
                      return row.delete().chain(() -> record("webhook.delete", row, before, null));
                    }));
  }

  /// Puts a test message into the queue.
  Uni<DeliveryView> test(String id) {
    var messageId = "msg_" + UUID.randomUUID().toString().replace("-", "");
    var body =
        StoredJson.write(
            Map.of("type", TEST, "timestamp", now(), "data", Map.of("webhook_id", id)));
    return Panache.withTransaction(
        () ->
            enabled(id)
                .chain(
                    row ->
                        Panache.getSession()
                            .chain(
                                session ->
                                    MessageRow.add(session, id, messageId, TEST, body, now()))
                            .chain(() -> record("webhook.test", row, null, null)))
                .chain(() -> message(id, messageId))
                .map(MessageRow::view));
  }

  Uni<List<DeliveryView>> deliveries(
      String id, @Nullable State state, @Nullable Long before, int atMost, List<Long> cursor) {
    var text = new StringBuilder("webhookId = :webhook");
    var values = new java.util.HashMap<String, Object>(Map.of("webhook", id));
    if (state != null) {
      text.append(" and state = :state");
      values.put("state", state);
    }
    if (before != null) {
      text.append(" and id < :before");
      values.put("before", before);
    }
    text.append(" order by id desc");
    return Panache.withSession(
        () ->
            MessageRow.<MessageRow>find(text.toString(), values)
                .page(0, atMost)
                .list()
                .invoke(
                    rows -> {
                      if (rows.size() == atMost && rows.getLast().id != null) {
                        cursor.add(rows.getLast().id);
                      }
                    })
                .map(rows -> rows.stream().map(MessageRow::view).toList()));
  }

  /// Posts a message again, under its old id.
  Uni<DeliveryView> replay(String id, String messageId) {
    return Panache.withTransaction(
        () ->
            enabled(id)
                .chain(
                    row ->
                        message(id, messageId)
                            .invoke(
                                message -> {
                                  message.state = State.PENDING;
                                  message.attempts = 0;
                                  message.dueAt = now();
                                  message.endedAt = null;
                                })
                            .call(() -> record("webhook.replay", row, null, messageId)))
                .map(MessageRow::view));
  }

  /// Takes messages that are due, for as long as [#LEASE].
  Uni<List<Parcel>> claim(int most) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        MessageRow.due(session, now(), most)
                            .chain(
                                rows -> {
                                  if (rows.isEmpty()) {
                                    return Uni.createFrom().item(List.<Parcel>of());
                                  }
                                  for (var row : rows) {
                                    row.attempts++;
                                    row.dueAt = now().plus(LEASE);
                                  }
                                  var ids =
                                      rows.stream().map(row -> row.webhookId).distinct().toList();
                                  return WebhookRow.<WebhookRow>find("id in ?1", ids)
                                      .list()
                                      .map(webhooks -> parcels(rows, webhooks));
                                })));
  }

  private static List<Parcel> parcels(List<MessageRow> rows, List<WebhookRow> webhooks) {
    var byId = new java.util.HashMap<String, WebhookRow>();
    webhooks.forEach(webhook -> byId.put(webhook.id, webhook));
    return rows.stream()
        .flatMap(
            row -> {
              var webhook = byId.get(row.webhookId);
              return webhook == null || row.id == null
                  ? java.util.stream.Stream.empty()
                  : java.util.stream.Stream.of(
                      new Parcel(
                          row.id,
                          webhook.id,
                          webhook.url,
                          webhook.secrets(),
                          row.messageId,
                          row.body));
            })
        .toList();
  }

  /// Books what became of an attempt.
  Uni<Void> answered(Parcel parcel, Answer answer) {
    return Panache.withTransaction(
        () ->
            WebhookRow.locked(parcel.webhookId())
                .chain(
                    webhook ->
                        MessageRow.<MessageRow>findById(
                                parcel.id(), jakarta.persistence.LockModeType.PESSIMISTIC_WRITE)
                            .chain(
                                message ->
                                    webhook.isEmpty() || message == null
                                        ? Uni.createFrom().voidItem()
                                        : book(webhook.get(), message, answer))));
  }

  private Uni<Void> book(WebhookRow webhook, MessageRow message, Answer answer) {
    // Meanwhile cancelled, because the webhook was disabled.
    if (message.state != State.PENDING) return Uni.createFrom().voidItem();
    var now = now();
    switch (answer) {
      case Answer.Status status -> {
        message.status = status.status();
        if (status.isTaken()) {
          message.state = State.DELIVERED;
          message.fault = null;
          message.dueAt = null;
          message.endedAt = now;
          webhook.failingSince = null;
          return Uni.createFrom().voidItem();
        }
        message.fault =
            status.status() / 100 == 3
                ? "the receiver sent elsewhere: redirects are not followed"
                : "the receiver answered " + status.status();
        if (status.isGone()) return disable(webhook, message, "the receiver is gone (410)");
        return later(webhook, message, status.retryAfter(), now);
      }
      case Answer.None(var why) -> {
        message.status = null;
        message.fault = why;
        return later(webhook, message, null, now);
      }
    }
  }

  private Uni<Void> later(
      WebhookRow webhook, MessageRow message, @Nullable String wish, Instant now) {
    if (webhook.failingSince == null) webhook.failingSince = now;
    if (!now.isBefore(webhook.failingSince.plus(Retries.GIVE_UP))) {
      return disable(
          webhook, message, "no message was taken for " + Retries.GIVE_UP.toDays() + " days");
    }
    Retries.next(message.attempts, now, wish, random)
        .ifPresentOrElse(
            at -> message.dueAt = at,
            () -> {
              message.state = State.FAILED;
              message.dueAt = null;
              message.endedAt = now;
            });
    return Uni.createFrom().voidItem();
  }

  private Uni<Void> disable(WebhookRow webhook, MessageRow message, String why) {
    var before = webhook.view(now(), null);
    webhook.enabled = false;
    webhook.disabledBecause = why;
    webhook.revision++;
    message.state = State.FAILED;
    message.dueAt = null;
    message.endedAt = now();
    return cancelled(webhook.id)
        .chain(
            () ->
                Panache.getSession()
                    .chain(
                        session ->
                            audit.append(
                                session,
                                deed("webhook.disable", webhook, before, webhook.view(now(), null))
                                    .by(Audit.CLOCK))));
  }

  /// Ended messages are kept for a month.
  Uni<Integer> forget() {
    return Panache.withTransaction(
        () -> MessageRow.delete("endedAt < ?1", now().minus(Duration.ofDays(30))).map(Long::intValue));
  }

  private Uni<Void> cancelled(String id) {
    return MessageRow.update(
            "state = ?1, dueAt = null, endedAt = ?2, fault = ?3 where webhookId = ?4 and state = ?5",
            State.FAILED,
            now(),
            "the webhook was disabled",
            id,
            State.PENDING)
        .replaceWithVoid();
  }

  private Uni<WebhookView> change(
      String id, String action, UnaryOperator<WebhookRow> how, Supplier<Uni<Void>> with) {
    return Panache.withTransaction(
        () ->
            WebhookRow.locked(id)
                .map(row -> row.orElseThrow(Refusal::notFound))
                .chain(
                    row -> {
                      var before = row.view(now(), null);
                      row.revision++;
                      var after = how.apply(row).view(now(), null);
                      return with.get()
                          .chain(() -> record(action, row, before, after))
                          .replaceWith(after);
                    }));
  }

  private static Uni<WebhookRow> enabled(String id) {
    return WebhookRow.locked(id)
        .map(
            found -> {
              var row = found.orElseThrow(Refusal::notFound);
              if (!row.enabled) {
                throw Refusal.of(
                    409, "webhook-disabled", "The webhook is disabled: enable it first.");
              }
              return row;
            });
  }

  private static Uni<MessageRow> message(String webhook, String messageId) {
    return MessageRow.<MessageRow>find("webhookId = ?1 and messageId = ?2", webhook, messageId)
        .firstResult()
        .onItem()
        .ifNull()
        .failWith(Refusal::notFound);
  }

  private Uni<Void> record(
      String action, WebhookRow row, @Nullable Object before, @Nullable Object after) {
    return Panache.getSession()
        .chain(session -> audit.append(session, deed(action, row, before, after)));
  }

  private static Deed deed(
      String action, WebhookRow row, @Nullable Object before, @Nullable Object after) {
    return Deed.of(
        action, row.app().orElse(null), "webhooks/" + row.id, null, before, after);
  }

  private static WebhookView withSecret(WebhookView view, String secret) {
    return new WebhookView(
        view.id(),
        view.revision(),
        view.url(),
        view.appId(),
        view.events(),
        view.description(),
        view.enabled(),
        view.disabledBecause(),
        view.failingSince(),
        view.publicKeys(),
        view.createdAt(),
        secret);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
