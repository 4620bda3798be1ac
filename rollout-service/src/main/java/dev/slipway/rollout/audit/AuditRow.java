package dev.slipway.rollout.audit;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.audit.AuditEntry;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A line of the audit; written once. The database refuses to change or delete one.
@Entity
@Table(name = "audit")
@SuppressWarnings("NullAway.Init")
public class AuditRow extends PanacheEntityBase {

  @Id public long seq;
  public Instant at;
  public String actor;

  @Column(name = "actor_name")
  public @Nullable String actorName;

  public @Nullable String origin;
  public String action;

  @Column(name = "app_id")
  public @Nullable String appId;

  public String subject;
  public @Nullable String reason;
  public @Nullable String problem;

  @Column(name = "before_hash")
  public @Nullable String before;

  @Column(name = "after_hash")
  public @Nullable String after;

  public String previous;
  public String hash;

  static AuditRow of(AuditEntry entry) {
    var row = new AuditRow();
    row.seq = entry.seq();
    row.at = entry.at();
    row.actor = entry.actor();
    row.actorName = entry.actorName();
    row.origin = entry.origin();
    row.action = entry.action();
    row.appId = entry.appId() == null ? null : entry.appId().text();
    row.subject = entry.subject();
    row.reason = entry.reason();
    row.problem = entry.problem();
    row.before = entry.before() == null ? null : entry.before().text();
    row.after = entry.after() == null ? null : entry.after().text();
    row.previous = entry.previous().text();
    row.hash = entry.hash().text();
    return row;
  }

  AuditEntry entry() {
    return new AuditEntry(
        seq,
        at,
        actor,
        actorName,
        origin,
        action,
        appId == null ? null : AppId.of(appId),
        subject,
        reason,
        problem,
        before == null ? null : Digest.parse(before),
        after == null ? null : Digest.parse(after),
        Digest.parse(previous),
        Digest.parse(hash));
  }
}
