package dev.slipway.rollout.audit;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A signed checkpoint of the audit.
@Entity
@Table(name = "audit_checkpoint")
@SuppressWarnings("NullAway.Init")
public class CheckpointRow extends PanacheEntityBase {

  @Id public long seq;
  public String hash;
  public Instant at;
  public String note;

  static Uni<Optional<CheckpointRow>> newest() {
    return CheckpointRow.<CheckpointRow>find("order by seq desc")
        .page(0, 1)
        .list()
        .map(rows -> rows.stream().findFirst());
  }

  /// Those about the lines from `first` on, up to and with `last`.
  static Uni<List<CheckpointRow>> about(long first, long last) {
    return CheckpointRow.<CheckpointRow>find("seq >= ?1 and seq <= ?2 order by seq", first, last)
        .list();
  }
}
