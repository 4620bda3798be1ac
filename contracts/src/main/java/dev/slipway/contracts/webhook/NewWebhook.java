package dev.slipway.contracts.webhook;

import dev.slipway.bundle.AppId;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a webhook.
 *
 * @param url where events are posted to: https, a public address, port 443 unless the installation
 *     allows more
 * @param appId events about this app alone; unless given, about all apps
 * @param events which ones, as in {@code rollout.rolled-back}, or {@code rollout} for all of a
 *     kind; all of them unless given
 * @param description for people; at most 200 characters
 */
public record NewWebhook(
    String url,
    @Nullable AppId appId,
    @Nullable Set<String> events,
    @Nullable String description) {
  public NewWebhook {
    events = events == null ? null : Set.copyOf(events);
  }
}
