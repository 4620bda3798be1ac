package dev.slipway.contracts.access;

import dev.slipway.bundle.AppId;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks for an access key.
 *
 * @param name what it is for; 1 to 100 characters
 * @param apps the apps it may touch; all of them unless given
 * @param expiresIn its life, at most 366 days
 */
public record NewAccessKey(
    String name, Set<Role> roles, @Nullable Set<AppId> apps, Duration expiresIn) {
  public NewAccessKey {
    roles = Set.copyOf(roles);
    apps = apps == null ? null : Set.copyOf(apps);
  }
}
