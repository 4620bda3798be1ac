package dev.slipway.ingest.blob;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A blob of an app that was verified and stored.
@Entity
@Table(name = "blob")
public class BlobRow {

  @EmbeddedId Key key;

  @Column(nullable = false)
  long size;

  @Column(name = "stored_at", nullable = false)
  Instant storedAt;

  @Column(name = "wanted_at", nullable = false)
  Instant wantedAt;

  @Column(name = "rotten_at")
  @Nullable Instant rottenAt;

  /// For Hibernate alone, which sets the fields afterwards.
  @SuppressWarnings("NullAway.Init")
  protected BlobRow() {}

  public Digest id() {
    return Digest.parse(key.id());
  }

  public long size() {
    return size;
  }

  /// Since when its object is missing or holds other bytes.
  public Optional<Instant> rottenAt() {
    return Optional.ofNullable(rottenAt);
  }

  /// Apps share no blobs: what one uploaded does not exist for another.
  @Embeddable
  public record Key(@Column(name = "app_id") String appId, String id) {

    static Key of(AppId app, Digest id) {
      return new Key(app.text(), id.text());
    }
  }
}
