package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A certificate in the book of an app.
@Entity
@Table(name = "certificate")
class CertificateRow {

  @EmbeddedId Key key;

  @Column(name = "key_fingerprint")
  @Nullable String keyFingerprint;

  @Column(name = "not_before")
  @Nullable Instant notBefore;

  @Column(name = "not_after")
  @Nullable Instant notAfter;

  @Column(name = "pinned_at")
  @Nullable Instant pinnedAt;

  @Column(name = "pin_reason")
  @Nullable String pinReason;

  @Column(name = "revoked_at")
  @Nullable Instant revokedAt;

  @Column(name = "revoke_reason")
  @Nullable String revokeReason;

  /// For Hibernate alone, which sets the fields afterwards.
  @SuppressWarnings("NullAway.Init")
  protected CertificateRow() {}

  Digest fingerprint() {
    return Digest.parse(key.fingerprint());
  }

  boolean isRevoked() {
    return revokedAt != null;
  }

  @Embeddable
  record Key(@Column(name = "app_id") String appId, String fingerprint) {

    static Key of(AppId app, Digest certificate) {
      return new Key(app.text(), certificate.text());
    }
  }
}
