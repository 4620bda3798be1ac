package dev.slipway.rollout.access;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.access.AccessKeys.Issued;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;

/// The access keys: digests of their secrets in rows and on the topic.
@ApplicationScoped
public class AccessKeyBook {

  /// How long the first key is good for; its bearer makes others.
  private static final Duration FIRST_LIFE = Duration.ofDays(366);

  private final Outbox outbox;
  private final Clock clock;
  private final SecureRandom random;
  private final String environment;

  public AccessKeyBook(
      Outbox outbox,
      Clock clock,
      SecureRandom random,
      @ConfigProperty(name = "slipway.environment") String environment) {
    this.outbox = outbox;
    this.clock = clock;
    this.random = random;
    this.environment = environment;
  }

  Uni<Issued> issue(String name, Set<Role> roles, Set<AppId> apps, Duration life) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session -> {
                      var issued = generate(name, roles, apps, life);
                      return store(session, issued.key()).replaceWith(issued);
                    }));
  }

  /// Makes an owner's key if there is none that opens anything: at the first start, or when all
  /// have expired or were revoked. Of several replicas one does it.
  ///
  /// @param handOver is given the secret before the key becomes valid; if it throws, there is none
  Uni<Optional<Issued>> issueFirst(Consumer<Issued> handOver) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        session
                            .createNativeQuery(
                                "lock table rollout.access_key in share row exclusive mode")
                            .executeUpdate()
                            .chain(
                                () ->
                                    AccessKeyRow.count(
                                        "owner and revokedAt is null and expiresAt > ?1", now()))
                            .chain(
                                owners -> {
                                  if (owners > 0) return Uni.createFrom().item(Optional.empty());
                                  var issued =
                                      generate(
                                          "first owner", Set.of(Role.OWNER), Set.of(), FIRST_LIFE);
                                  handOver.accept(issued);
                                  return store(session, issued.key())
                                      .replaceWith(Optional.of(issued));
                                })));
  }

  Uni<Void> revoke(String keyId) {
    return Panache.withTransaction(
        () ->
            AccessKeyRow.<AccessKeyRow>findById(
                    keyId, jakarta.persistence.LockModeType.PESSIMISTIC_WRITE)
                .chain(
                    row -> {
                      if (row == null || row.revokedAt != null) throw Refusal.notFound();
                      var now = now();
                      row.revokedAt = now;
                      var tombstone =
                          Message.tombstone(
                              Topics.ACCESS_KEYS, keyId, row.key().revision() + 1, now);
                      return Panache.getSession()
                          .chain(session -> outbox.append(session, tombstone, Topics.ACCESS_KEYS));
                    }));
  }

  /// Keys that were not revoked, by id.
  Uni<List<AccessKey>> after(String keyId, int atMost) {
    return Panache.withSession(
        () ->
            AccessKeyRow.<AccessKeyRow>find(
                    "keyId > ?1 and revokedAt is null order by keyId", keyId)
                .page(0, atMost)
                .list()
                .map(rows -> rows.stream().map(AccessKeyRow::key).toList()));
  }

  private Issued generate(String name, Set<Role> roles, Set<AppId> apps, Duration life) {
    var now = now();
    return AccessKeys.generate(environment, name, roles, apps, now, now.plus(life), random);
  }

  private Uni<Void> store(Mutiny.Session session, AccessKey key) {
    return session
        .persist(AccessKeyRow.of(key))
        .chain(
            () ->
                outbox.append(
                    session,
                    Message.of(Topics.ACCESS_KEYS, key.keyId(), key, key.createdAt()),
                    Topics.ACCESS_KEYS));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
