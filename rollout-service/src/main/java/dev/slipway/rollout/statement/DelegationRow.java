package dev.slipway.rollout.statement;

import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleasePublicKey;
import dev.slipway.contracts.release.DelegationView;
import dev.slipway.rollout.statement.StatementRules.Held;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A delegation as it came; it was verified then.
@Entity
@Table(name = "delegation")
@IdClass(DelegationRow.Key.class)
@SuppressWarnings("NullAway.Init")
public class DelegationRow extends PanacheEntityBase {

  /// The primary key.
  public record Key(String appId, String digest) {}

  @Id
  @Column(name = "app_id")
  public String appId;

  @Id public String digest;
  public String signer;
  public String jws;

  @Column(name = "issued_at")
  public Instant issuedAt;

  @Column(name = "expires_at")
  public Instant expiresAt;

  @Column(name = "added_at")
  public Instant addedAt;

  static Uni<List<DelegationRow>> of(String app) {
    return DelegationRow.<DelegationRow>find("appId = ?1 order by expiresAt desc", app).list();
  }

  Held held() {
    return new Held(Delegation.readUnverified(jws), jws);
  }

  DelegationView view(Instant now) {
    var delegation = Delegation.readUnverified(jws);
    return new DelegationView(
        Digest.parse(digest),
        Digest.parse(signer),
        delegation.channels(),
        delegation.keys().stream().map(ReleasePublicKey::id).toList(),
        issuedAt,
        expiresAt,
        Math.max(0, Duration.between(now, expiresAt).toDays()));
  }
}
