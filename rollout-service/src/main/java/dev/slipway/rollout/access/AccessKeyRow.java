package dev.slipway.rollout.access;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.Role;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An access key's row; it stays when the key is revoked.
@Entity
@Table(name = "access_key")
@SuppressWarnings("NullAway.Init")
public class AccessKeyRow extends PanacheEntityBase {

  @Id
  @Column(name = "key_id")
  public String keyId;

  public String key;

  /// Whether it is an owner's of the whole installation.
  public boolean owner;

  /// The first key in a row of successors: whoever holds one holds all of them.
  public String identity;

  public @Nullable String predecessor;

  @Column(name = "created_at")
  public Instant createdAt;

  @Column(name = "expires_at")
  public Instant expiresAt;

  @Column(name = "revoked_at")
  public @Nullable Instant revokedAt;

  @Column(name = "last_used_at")
  public @Nullable Instant lastUsedAt;

  static AccessKeyRow of(AccessKey key, @Nullable AccessKeyRow predecessor) {
    var row = new AccessKeyRow();
    row.keyId = key.keyId();
    row.owner = key.roles().contains(Role.OWNER) && key.apps().isEmpty();
    row.identity = key.holder();
    row.predecessor = predecessor == null ? null : predecessor.keyId;
    row.createdAt = key.createdAt();
    row.take(key);
    return row;
  }

  void take(AccessKey changed) {
    key = StoredJson.write(changed);
    expiresAt = changed.expiresAt();
  }

  boolean opensAt(Instant now) {
    return revokedAt == null && now.isBefore(expiresAt);
  }

  AccessKey key() {
    return StoredJson.read(key, AccessKey.class);
  }

  AccessKeyView view(@Nullable String text) {
    var it = key();
    return new AccessKeyView(
        it.keyId(),
        it.name(),
        it.roles(),
        it.apps(),
        it.createdAt(),
        it.expiresAt(),
        predecessor,
        lastUsedAt,
        text);
  }
}
