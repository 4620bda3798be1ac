package dev.slipway.rollout.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.app.AppState;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.Panache;
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
import org.jspecify.annotations.Nullable;

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

  /// What ids that look alike have in common.
  public String skeleton;

  @Column(name = "first_channel")
  public String firstChannel;

  public String state;

  @Column(name = "created_at")
  public Instant createdAt;

  @Column(name = "deleted_at")
  public @Nullable Instant deletedAt;

  static Uni<Optional<AppRow>> locked(AppId app) {
    return AppRow.<AppRow>findById(app.text(), LockModeType.PESSIMISTIC_WRITE)
        .map(Optional::ofNullable);
  }

  /// Whether the app waits for its final deletion. Reads no entity.
  static Uni<Boolean> isDeleted(String app) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createSelectionQuery(
                        "select count(*) from AppRow a where a.appId = :app and a.deletedAt is not"
                            + " null",
                        Long.class)
                    .setParameter("app", app)
                    .getSingleResult())
        .map(count -> count > 0);
  }

  /// Apps that were deleted before this time.
  static Uni<List<AppRow>> deletedBefore(Instant time, int atMost) {
    return AppRow.<AppRow>find("deletedAt <= ?1 order by deletedAt", time).page(0, atMost).list();
  }

  void take(AppState changed) {
    state = StoredJson.write(changed);
    deletedAt = changed.deletedAt();
  }

  AppState state() {
    return StoredJson.read(state, AppState.class);
  }
}
