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
import org.jspecify.annotations.Nullable;

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

  @Column(name = "revoked_at")
  public @Nullable Instant revokedAt;

  /// All of an app, the one that lasts longest first.
  static Uni<List<DelegationRow>> of(String app) {
    return DelegationRow.<DelegationRow>find("appId = ?1 order by expiresAt desc, digest", app)
        .list();
  }

  /// Those of all apps that are in force.
  static Uni<List<DelegationRow>> inForce(Instant now) {
    return DelegationRow.<DelegationRow>find("expiresAt > ?1 and revokedAt is null", now).list();
  }

  Delegation delegation() {
    return Delegation.readUnverified(jws);
  }

  Held held() {
    return new Held(delegation(), Digest.parse(signer), jws);
  }

  DelegationView view(Instant now) {
    var delegation = delegation();
    return new DelegationView(
        Digest.parse(digest),
        Digest.parse(signer),
        state(now),
        delegation.channels(),
        delegation.keys().stream().map(ReleasePublicKey::id).toList(),
        issuedAt,
        expiresAt,
        Math.max(0, Duration.between(now, expiresAt).toDays()),
        revokedAt);
  }

  private DelegationView.State state(Instant now) {
    if (revokedAt != null) return DelegationView.State.REVOKED;
    return expiresAt.isAfter(now) ? DelegationView.State.IN_FORCE : DelegationView.State.ENDED;
  }
}
