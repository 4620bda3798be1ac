package dev.slipway.rollout.statement;

import dev.slipway.contracts.rollout.ChannelState.Statement;
import dev.slipway.rollout.StoredJson;
import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;

/// The newest statement of a channel. The lock of the channel guards it.
@Entity
@Table(name = "statement")
@SuppressWarnings("NullAway.Init")
public class StatementRow extends PanacheEntityBase {

  /// Channels whose statement is to be renewed, and those that a delegation speaks about that have
  /// none yet: they are found again after a crash.
  private static final String DUE =
      """
      select c.key from rollout.channel c left join rollout.statement s on s.channel_key = c.key
      where c.deleted_at is null and (s.renew_at <= :now or s.channel_key is null and exists (
        select 1 from rollout.delegation d
        where d.app_id = c.app_id and d.expires_at > :now and d.revoked_at is null))
      order by s.renew_at nulls first limit :most
      """;

  @Id
  @Column(name = "channel_key")
  public String channelKey;

  @Column(name = "app_id")
  public String appId;

  public long seq;
  public String jws;
  public String delegations;

  @Column(name = "issued_at")
  public Instant issuedAt;

  @Column(name = "expires_at")
  public Instant expiresAt;

  @Column(name = "renew_at")
  public Instant renewAt;

  static Uni<List<String>> due(Mutiny.Session session, Instant now, int most) {
    return session
        .createNativeQuery(DUE, String.class)
        .setParameter("now", now)
        .setParameter("most", most)
        .getResultList();
  }

  /// Has the statements of all channels of an app renewed, within the caller's transaction.
  static Uni<Void> renewAll(Mutiny.Session session, String app, Instant now) {
    return session
        .createMutationQuery("update StatementRow s set s.renewAt = :now where s.appId = :app")
        .setParameter("now", now)
        .setParameter("app", app)
        .executeUpdate()
        .replaceWithVoid();
  }

  Statement statement() {
    return new Statement(
        jws, List.of(StoredJson.read(delegations, String[].class)), seq, expiresAt);
  }
}
