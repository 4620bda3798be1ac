package dev.slipway.rollout.publisher;

import dev.slipway.bundle.Digest;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// A certificate that ingest told something about: it may sign or issue, it handed over, it was
/// revoked.
@Entity
@Table(name = "publisher_leaf")
@IdClass(LeafRow.Key.class)
@SuppressWarnings("NullAway.Init")
public class LeafRow extends PanacheEntityBase {

  /// The primary key.
  public record Key(String appId, String leaf) {}

  private static final String ADD =
      """
      insert into rollout.publisher_leaf (app_id, leaf) values (:app, :leaf)
      on conflict (app_id, leaf) do nothing
      """;

  @Id
  @Column(name = "app_id")
  public String appId;

  @Id public String leaf;

  @Column(name = "revoked_at")
  public @Nullable Instant revokedAt;

  @Column(name = "pinned_at")
  public @Nullable Instant pinnedAt;

  public @Nullable String successor;

  /// The row of a certificate, made where there is none.
  static Uni<LeafRow> ensured(Mutiny.Session session, String app, Digest leaf) {
    return session
        .createNativeQuery(ADD)
        .setParameter("app", app)
        .setParameter("leaf", leaf.text())
        .executeUpdate()
        .chain(() -> LeafRow.<LeafRow>findById(new Key(app, leaf.text())));
  }

  static Uni<List<LeafRow>> of(String app) {
    return LeafRow.<LeafRow>find("appId = ?1 order by revokedAt desc nulls last, leaf", app).list();
  }
}
