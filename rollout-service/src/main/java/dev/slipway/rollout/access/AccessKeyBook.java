package dev.slipway.rollout.access;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.AccessKeyView;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.access.AccessKeys.Issued;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.rollout.audit.Audit;
import dev.slipway.rollout.audit.Audit.Deed;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/// The access keys: digests of their secrets in rows and on the topic.
@ApplicationScoped
public class AccessKeyBook {

  /// How long the first key is good for; its bearer makes others.
  private static final Duration FIRST_LIFE = Duration.ofDays(366);

  private final Outbox outbox;
  private final Audit audit;
  private final Clock clock;
  private final SecureRandom random;
  private final String environment;

  public AccessKeyBook(
      Outbox outbox,
      Audit audit,
      Clock clock,
      SecureRandom random,
      @ConfigProperty(name = "slipway.environment") String environment) {
    this.outbox = outbox;
    this.audit = audit;
    this.clock = clock;
    this.random = random;
    this.environment = environment;
  }

  Uni<AccessKeyView> issue(String name, Set<Role> roles, Set<AppId> apps, Duration life) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        store(session, generate(name, roles, apps, life), null, "access.create")));
  }

  /// Makes an owner's key if there is none that opens anything: at the first start, or when all
  /// have expired. Of several replicas one does it.
  ///
  /// @param handOver is given the secret before the key becomes valid; if it throws, there is none
  Uni<Optional<Issued>> issueFirst(Consumer<Issued> handOver) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        lockOwners(session)
                            .chain(() -> otherOwners(""))
                            .chain(
                                owners -> {
                                  if (owners > 0) return Uni.createFrom().item(Optional.empty());
                                  var issued =
                                      generate(
                                          "first owner", Set.of(Role.OWNER), Set.of(), FIRST_LIFE);
                                  handOver.accept(issued);
                                  return store(session, issued, null, "access.create-first")
                                      .replaceWith(Optional.of(issued));
                                })));
  }

  /// Makes a successor, and ends the key when the overlap is over.
  ///
  /// @param mine whether the caller may do that to this key; others are not found
  Uni<AccessKeyView> rotate(
      String keyId, Predicate<AccessKey> mine, Duration life, Duration overlap) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        locked(keyId, mine)
                            .chain(
                                row -> {
                                  if (!row.opensAt(now())) {
                                    throw Refusal.of(
                                        409,
                                        "key-expired",
                                        "The key has expired; make a new one instead.");
                                  }
                                  var old = row.key();
                                  var issued =
                                      generate(old.name(), old.roles(), old.apps(), life)
                                          .succeeding(old);
                                  return endAt(session, row, old, now().plus(overlap))
                                      .chain(() -> store(session, issued, row, "access.rotate"));
                                })));
  }

  private Uni<Void> endAt(
      Mutiny.Session session, AccessKeyRow row, AccessKey old, Instant overlapEnds) {
    if (!overlapEnds.isBefore(old.expiresAt())) return Uni.createFrom().voidItem();
    var ending =
        new AccessKey(
            old.keyId(),
            old.revision() + 1,
            old.name(),
            old.holder(),
            old.secretDigest(),
            old.roles(),
            old.apps(),
            old.createdAt(),
            overlapEnds);
    row.take(ending);
    return tell(session, ending);
  }

  /// Ends a key at once. The last owner's key that opens the whole installation stays: without it
  /// nobody could let anybody in.
  Uni<Void> revoke(String keyId, Predicate<AccessKey> mine) {
    return revoke(keyId, mine, null);
  }

  /// The same, because its text got where it does not belong.
  Uni<Void> revokeLeaked(String keyId) {
    return revoke(keyId, _ -> true, "its text was in an address");
  }

  private Uni<Void> revoke(String keyId, Predicate<AccessKey> mine, @Nullable String reason) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        lockOwners(session)
                            .chain(() -> locked(keyId, mine))
                            .call(row -> row.owner ? requireAnotherOwner(keyId) : nothing())
                            .chain(row -> revoke(session, row, reason))));
  }

  private Uni<Void> revoke(Mutiny.Session session, AccessKeyRow row, @Nullable String reason) {
    var now = now();
    row.revokedAt = now;
    var key = row.key();
    var tombstone = Message.tombstone(Topics.ACCESS_KEYS, row.keyId, key.revision() + 1, now);
    return outbox
        .append(session, tombstone, Topics.ACCESS_KEYS)
        .chain(
            () ->
                audit.append(
                    session,
                    Deed.of(
                        "access.revoke",
                        null,
                        "access-keys/" + row.keyId,
                        reason,
                        row.view(null),
                        null)));
  }

  private Uni<Void> requireAnotherOwner(String keyId) {
    return otherOwners(keyId)
        .invoke(
            others -> {
              if (others == 0) {
                throw Refusal.of(
                    409,
                    "last-owner-key",
                    "This is the last owner's key: without it nobody could make another. Make the"
                        + " next one first, or rotate it.",
                    Map.of("key_id", keyId));
              }
            })
        .replaceWithVoid();
  }

  private Uni<Long> otherOwners(String keyId) {
    return AccessKeyRow.count(
        "owner and revokedAt is null and expiresAt > ?1 and keyId <> ?2", now(), keyId);
  }

  /// Two owners who revoke each other's keys do it one after the other.
  private static Uni<Integer> lockOwners(Mutiny.Session session) {
    return session
        .createNativeQuery("lock table rollout.access_key in share row exclusive mode")
        .executeUpdate();
  }

  private static Uni<AccessKeyRow> locked(String keyId, Predicate<AccessKey> mine) {
    return AccessKeyRow.<AccessKeyRow>findById(keyId, LockModeType.PESSIMISTIC_WRITE)
        .invoke(
            row -> {
              if (row == null || row.revokedAt != null || !mine.test(row.key())) {
                throw Refusal.notFound();
              }
            });
  }

  /// Keys that were not revoked, by id.
  Uni<List<AccessKeyRow>> after(String keyId, int atMost) {
    return Panache.withSession(
        () ->
            AccessKeyRow.<AccessKeyRow>find(
                    "keyId > ?1 and revokedAt is null order by keyId", keyId)
                .page(0, atMost)
                .list());
  }

  /// Whose key it is or was: successors of one key have one holder.
  public Uni<String> identity(String keyId) {
    return Panache.withSession(
        () ->
            AccessKeyRow.<AccessKeyRow>findById(keyId)
                .map(row -> row == null ? keyId : row.identity));
  }

  /// Notes when keys were used last.
  ///
  /// @param hours by key
  Uni<Void> used(Map<String, Instant> hours) {
    Uni<Void> noted = nothing();
    for (var use : hours.entrySet()) {
      noted =
          noted.chain(
              () ->
                  AccessKeyRow.update(
                          "lastUsedAt = ?1 where keyId = ?2 and (lastUsedAt is null or lastUsedAt <"
                              + " ?1)",
                          use.getValue(),
                          use.getKey())
                      .replaceWithVoid());
    }
    var all = noted;
    return Panache.withTransaction(() -> all);
  }

  private Issued generate(String name, Set<Role> roles, Set<AppId> apps, Duration life) {
    var now = now();
    return AccessKeys.generate(environment, name, roles, apps, now, now.plus(life), random);
  }

  private Uni<AccessKeyView> store(
      Mutiny.Session session, Issued issued, @Nullable AccessKeyRow predecessor, String action) {
    var key = issued.key();
    var row = AccessKeyRow.of(key, predecessor);
    var before = predecessor == null ? null : predecessor.view(null);
    return session
        .persist(row)
        .chain(() -> tell(session, key))
        .chain(
            () ->
                audit.append(
                    session,
                    Deed.of(
                        action, null, "access-keys/" + key.keyId(), null, before, row.view(null))))
        .replaceWith(() -> row.view(issued.text()));
  }

  private Uni<Void> tell(Mutiny.Session session, AccessKey key) {
    return outbox.append(
        session, Message.of(Topics.ACCESS_KEYS, key.keyId(), key, now()), Topics.ACCESS_KEYS);
  }

  private static Uni<Void> nothing() {
    return Uni.createFrom().voidItem();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
