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

/// The newest statement of a channel. The lock of the channel guards it.
@Entity
@Table(name = "statement")
@SuppressWarnings("NullAway.Init")
public class StatementRow extends PanacheEntityBase {

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

  static Uni<List<String>> due(Instant now, int atMost) {
    return StatementRow.<StatementRow>find("renewAt <= ?1 order by renewAt", now)
        .page(0, atMost)
        .list()
        .map(rows -> rows.stream().map(row -> row.channelKey).toList());
  }

  Statement statement() {
    return new Statement(
        jws, List.of(StoredJson.read(delegations, String[].class)), seq, expiresAt);
  }
}
