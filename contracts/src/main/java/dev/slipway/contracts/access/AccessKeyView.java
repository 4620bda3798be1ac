package dev.slipway.contracts.access;

import dev.slipway.bundle.AppId;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An access key as its owner sees it.
 *
 * @param apps the apps it may touch; empty: all of them
 * @param successorOf the key that it was made from by rotation
 * @param lastUsedAt when it was last used at the rollout service, to the hour
 * @param text what its bearer presents; present in the answer that made it, and never again
 */
public record AccessKeyView(
    String keyId,
    String name,
    Set<Role> roles,
    Set<AppId> apps,
    Instant createdAt,
    Instant expiresAt,
    @Nullable String successorOf,
    @Nullable Instant lastUsedAt,
    @Nullable String text) {
  public AccessKeyView {
    roles = Set.copyOf(roles);
    apps = Set.copyOf(apps);
  }

  /** Names the key, never its secret. */
  @Override
  public String toString() {
    return "AccessKeyView[" + keyId + "]";
  }
}
