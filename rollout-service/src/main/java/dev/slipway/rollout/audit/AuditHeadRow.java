package dev.slipway.rollout.audit;

import dev.slipway.bundle.Digest;
import dev.slipway.decisions.audit.AuditChain.Position;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

/// The one row that says how far the audit reaches. Its lock puts the lines in order: whoever holds
/// it writes the next one.
@Entity
@Table(name = "audit_head")
@SuppressWarnings("NullAway.Init")
public class AuditHeadRow extends PanacheEntityBase {

  private static final short ONLY = 1;

  @Id public short id;
  public long seq;
  public String hash;

  static Uni<AuditHeadRow> locked() {
    return AuditHeadRow.findById(ONLY, LockModeType.PESSIMISTIC_WRITE);
  }

  static Uni<Position> position() {
    return AuditHeadRow.<AuditHeadRow>findById(ONLY).map(AuditHeadRow::at);
  }

  Position at() {
    return new Position(seq, Digest.parse(hash));
  }

  void moveTo(Position position) {
    seq = position.seq();
    hash = position.hash().text();
  }
}
