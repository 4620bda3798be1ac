package dev.slipway.rollout.webhook;

import dev.slipway.contracts.webhook.DeliveryView;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// A message to one webhook.
@Entity
@Table(name = "webhook_message")
@SuppressWarnings("NullAway.Init")
public class MessageRow extends PanacheEntityBase {

  /// At most so many messages to one webhook are under way at once: a receiver that hangs keeps
  /// nobody else waiting.
  static final int AT_ONCE_PER_WEBHOOK = 4;

  private static final String INSERT =
      """
      insert into rollout.webhook_message
        (webhook_id, message_id, type, body, state, attempts, created_at, due_at)
      values (:webhook, :message, :type, :body, 'PENDING', 0, :now, :now)
      on conflict (webhook_id, message_id) do nothing
      """;

  private static final String CLAIM =
      """
      select m.* from rollout.webhook_message m
      where m.due_at <= :now and m.id in (
        select id from (
          select id, due_at, row_number() over (partition by webhook_id order by due_at, id) as place
          from rollout.webhook_message where due_at is not null) queue
        where place <= :perWebhook and due_at <= :now
        order by due_at, id limit :most)
      order by m.due_at, m.id
      for update skip locked
      """;

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  public @Nullable Long id;

  @Column(name = "webhook_id")
  public String webhookId;

  @Column(name = "message_id")
  public String messageId;

  public String type;
  public String body;

  @Enumerated(EnumType.STRING)
  public DeliveryView.State state;

  public int attempts;

  @Column(name = "created_at")
  public Instant createdAt;

  @Column(name = "due_at")
  public @Nullable Instant dueAt;

  @Column(name = "ended_at")
  public @Nullable Instant endedAt;

  public @Nullable Integer status;
  public @Nullable String fault;

  /// Adds a message unless the webhook has it already.
  static Uni<Void> add(
      Mutiny.Session session,
      String webhook,
      String messageId,
      String type,
      String body,
      Instant now) {
    return session
        .createNativeQuery(INSERT)
        .setParameter("webhook", webhook)
        .setParameter("message", messageId)
        .setParameter("type", type)
        .setParameter("body", body)
        .setParameter("now", now)
        .executeUpdate()
        .replaceWithVoid();
  }

  /// Messages that are due and that no other replica is about to post.
  static Uni<List<MessageRow>> due(Mutiny.Session session, Instant now, int most) {
    return session
        .createNativeQuery(CLAIM, MessageRow.class)
        .setParameter("now", now)
        .setParameter("perWebhook", AT_ONCE_PER_WEBHOOK)
        .setParameter("most", most)
        .getResultList();
  }

  DeliveryView view() {
    return new DeliveryView(
        messageId, type, state, attempts, createdAt, dueAt, endedAt, status, fault);
  }
}
