package dev.slipway.rollout.access;

import dev.slipway.contracts.access.AccessKey;
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
  public boolean owner;

  @Column(name = "created_at")
  public Instant createdAt;

  @Column(name = "expires_at")
  public Instant expiresAt;

  @Column(name = "revoked_at")
  public @Nullable Instant revokedAt;

  static AccessKeyRow of(AccessKey key) {
    var row = new AccessKeyRow();
    row.keyId = key.keyId();
    row.key = StoredJson.write(key);
    row.owner = key.roles().contains(Role.OWNER) && key.apps().isEmpty();
    row.createdAt = key.createdAt();
    row.expiresAt = key.expiresAt();
    return row;
  }

  AccessKey key() {
    return StoredJson.read(key, AccessKey.class);
  }
}
