package dev.slipway.contracts.webhook;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One message to one webhook, and what has become of it.
 *
 * @param messageId stays the same over all attempts: what the receiver knows it by
 * @param attempts how often it was posted
 * @param nextAttemptAt absent once it is delivered or given up
 * @param status the receiver's last answer, where there was one
 * @param fault why the last attempt failed
 */
public record DeliveryView(
    String messageId,
    String type,
    State state,
    int attempts,
    Instant createdAt,
    @Nullable Instant nextAttemptAt,
    @Nullable Instant endedAt,
    @Nullable Integer status,
    @Nullable String fault) {

  /** How far a message is. */
  public enum State {
    PENDING,
    DELIVERED,
    /** Every attempt failed, or the webhook was disabled. */
    FAILED
  }
}
