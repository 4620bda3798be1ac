package dev.slipway.contracts.webhook;

import dev.slipway.bundle.AppId;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A webhook as its owner sees it.
 *
 * @param events which events are posted; empty: all
 * @param disabledBecause why it is disabled, if it is not by a person
 * @param failingSince since when no attempt succeeded
 * @param publicKeys the keys that the {@code v1a} signatures are checked by, as {@code
 *     whpk_<base64>}, newest first; more than one during a rotation
 * @param secret what the {@code v1} signatures are checked by, as {@code whsec_<base64>}; present
 *     in the answer that made it, and never again
 */
public record WebhookView(
    String id,
    long revision,
    String url,
    @Nullable AppId appId,
    Set<String> events,
    @Nullable String description,
    boolean enabled,
    @Nullable String disabledBecause,
    @Nullable Instant failingSince,
    List<String> publicKeys,
    Instant createdAt,
    @Nullable String secret) {
  public WebhookView {
    events = Set.copyOf(events);
    publicKeys = List.copyOf(publicKeys);
  }

  /** Names the webhook, never its secret. */
  @Override
  public String toString() {
    return "WebhookView[" + id + "]";
  }
}
