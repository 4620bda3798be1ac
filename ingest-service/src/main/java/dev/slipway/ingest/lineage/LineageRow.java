package dev.slipway.ingest.lineage;

import dev.slipway.bundle.Digest;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// From which version on a certificate signed. Written in SQL alone.
@Entity
@Table(name = "lineage")
class LineageRow {

  @Id long position;

  @Column(name = "app_id")
  String appId;

  String leaf;

  @Nullable String predecessor;

  String version;

  @Column(name = "entered_at")
  Instant enteredAt;

  /// For Hibernate alone, which sets the fields afterwards.
  @SuppressWarnings("NullAway.Init")
  protected LineageRow() {}

  Digest leaf() {
    return Digest.parse(leaf);
  }

  @Nullable Digest predecessor() {
    return predecessor == null ? null : Digest.parse(predecessor);
  }
}
