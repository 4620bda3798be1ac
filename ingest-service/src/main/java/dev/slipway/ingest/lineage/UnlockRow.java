package dev.slipway.ingest.lineage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.NewUnlock.Kind;
import dev.slipway.contracts.bundle.UnlockView;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An exception that somebody asked for.
@Entity
@Table(name = "unlock")
class UnlockRow {

  @Id UUID id;

  @Column(name = "app_id", nullable = false)
  String appId;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  Kind kind;

  @Column(nullable = false)
  String subject;

  @Column(nullable = false)
  String reason;

  @Column(name = "requested_by", nullable = false)
  String requestedBy;

  /// Whose that access key is.
  @Column(name = "requested_holder", nullable = false)
  String requestedHolder;

  @Column(name = "requested_at", nullable = false)
  Instant requestedAt;

  @Column(name = "expires_at", nullable = false)
  Instant expiresAt;

  @Column(name = "approved_by")
  @Nullable String approvedBy;

  @Column(name = "approved_at")
  @Nullable Instant approvedAt;

  @Column(name = "used_in")
  @Nullable String usedIn;

  /// For Hibernate alone, which sets the fields afterwards.
  @SuppressWarnings("NullAway.Init")
  protected UnlockRow() {}

  UnlockRow(
      UUID id,
      AppId app,
      Kind kind,
      String subject,
      String reason,
      String requestedBy,
      String requestedHolder,
      Instant requestedAt,
      Instant expiresAt) {
    this.id = id;
    this.appId = app.text();
    this.kind = kind;
    this.subject = subject;
    this.reason = reason;
    this.requestedBy = requestedBy;
    this.requestedHolder = requestedHolder;
    this.requestedAt = requestedAt;
    this.expiresAt = expiresAt;
  }

  boolean isOpen(Instant now) {
    return usedIn == null && now.isBefore(expiresAt);
  }

  UnlockView view() {
    boolean epoch = kind == Kind.EPOCH_JUMP;
    return new UnlockView(
        id,
        AppId.of(appId),
        kind,
        epoch ? null : Digest.parse(subject),
        epoch ? Long.valueOf(subject) : null,
        reason,
        requestedBy,
        requestedAt,
        expiresAt,
        approvedBy,
        approvedAt,
        usedIn == null ? null : Version.of(usedIn));
  }
}
