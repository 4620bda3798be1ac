package dev.slipway.rollout.webhook;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.webhook.WebhookView;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A webhook's row.
@Entity
@Table(name = "webhook")
@SuppressWarnings("NullAway.Init")
public class WebhookRow extends PanacheEntityBase {

  @Id public String id;
  public long revision;
  public String url;

  @Column(name = "app_id")
  public @Nullable String appId;

  public String events;
  public @Nullable String description;
  public boolean enabled;

  @Column(name = "disabled_because")
  public @Nullable String disabledBecause;

  @Column(name = "failing_since")
  public @Nullable Instant failingSince;

  public String secrets;

  @Column(name = "created_at")
  public Instant createdAt;

  static Uni<Optional<WebhookRow>> locked(String id) {
    return WebhookRow.<WebhookRow>findById(id, LockModeType.PESSIMISTIC_WRITE)
        .map(Optional::ofNullable);
  }

  /// The enabled ones that may want to hear about this app.
  static Uni<List<WebhookRow>> about(AppId app) {
    return WebhookRow.<WebhookRow>find(
            "enabled and (appId is null or appId = ?1) order by id", app.text())
        .list();
  }

  Optional<AppId> app() {
    return Optional.ofNullable(appId).map(AppId::of);
  }

  Set<String> events() {
    return Set.of(StoredJson.read(events, String[].class));
  }

  /// Whether an event of this type is wanted: by its name, or by its kind.
  boolean wants(String type) {
    var wanted = events();
    return wanted.isEmpty()
        || wanted.contains(type)
        || wanted.contains(type.substring(0, type.indexOf('.')));
  }

  Secrets secrets() {
    return StoredJson.read(secrets, Secrets.class);
  }

  void take(Secrets changed) {
    secrets = StoredJson.write(changed);
  }

  /// What is hashed for the audit, and shown.
  WebhookView view(Instant now, @Nullable String secret) {
    return new WebhookView(
        id,
        revision,
        url,
        app().orElse(null),
        events(),
        description,
        enabled,
        disabledBecause,
        failingSince,
        secrets().publicKeys(now),
        createdAt,
        secret);
  }
}
