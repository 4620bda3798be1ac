package dev.slipway.rollout.app;

import dev.slipway.contracts.app.AppState;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/// An app's row.
@Entity
@Table(name = "app")
@SuppressWarnings("NullAway.Init")
public class AppRow extends PanacheEntityBase {

  @Id
  @Column(name = "app_id")
  public String appId;

  /// Lower case: two ids that differ by case alone would be taken for one another.
  @Column(name = "folded_id")
  public String foldedId;

  @Column(name = "first_channel")
  public String firstChannel;

  public String state;

  @Column(name = "created_at")
  public Instant createdAt;

  AppState state() {
    return StoredJson.read(state, AppState.class);
  }
}
