package dev.slipway.contracts.access;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.Set;

/**
 * What services know of an access key: never the secret. Written by the rollout service on {@code
 * access-keys}, key: the key's id; a tombstone revokes it.
 *
 * @param keyId the 8 characters after the environment in {@code slipway_<env>_<id>_<secret>}
 * @param holder whose key it is: the id of the first key in a row of successors. Who rotates their
 *     key stays who they are
 * @param secretDigest SHA-256 of the secret's text; its 256 bits of randomness need no slow hash
 * @param apps the apps it may touch; empty: all of them
 */
public record AccessKey(
    String keyId,
    long revision,
    String name,
    String holder,
    Digest secretDigest,
    Set<Role> roles,
    Set<AppId> apps,
    Instant createdAt,
    Instant expiresAt)
    implements State {
  public AccessKey {
    roles = Set.copyOf(roles);
    apps = Set.copyOf(apps);
  }

  /** The same key as a successor of another one: of the same holder. */
  public AccessKey succeeding(AccessKey predecessor) {
    return new AccessKey(
        keyId, revision, name, predecessor.holder, secretDigest, roles, apps, createdAt, expiresAt);
  }

  /** Whether it opens this app. */
  public boolean covers(AppId app) {
    return apps.isEmpty() || apps.contains(app);
  }
}
