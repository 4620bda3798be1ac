package dev.slipway.ingest.retry;

import dev.slipway.kit.http.Refusal;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// The requests that were done under a key of their sender's choice. A request that was refused
/// leaves its key free. To be used within the transaction that does what was asked.
@ApplicationScoped
public class Claims {

  /// So long a key is remembered.
  static final Duration KEPT = Duration.ofHours(24);

  /// Refuses a key under which another request was done.
  ///
  /// @throws Refusal 422 `idempotency-key-reused`
  public Uni<Void> require(Optional<Claim> claim, Instant now) {
    if (claim.isEmpty()) return Uni.createFrom().voidItem();
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select request from ingest.idempotency where access_key = :by"
                            + " and chosen = :chosen and done_at > :oldest",
                        String.class)
                    .setParameter("by", claim.get().accessKey())
                    .setParameter("chosen", claim.get().chosen())
                    .setParameter("oldest", now.minus(KEPT))
                    .getResultList())
        .invoke(
            found -> {
              boolean other =
                  found.stream().anyMatch(it -> !it.equals(claim.get().request().text()));
              if (other) throw reused();
            })
        .replaceWithVoid();
  }

  /// Notes that the request was done.
  ///
  /// @throws Refusal 422 `idempotency-key-reused`, if another was done at the same time
  public Uni<Void> enter(Optional<Claim> claim, Instant now) {
    if (claim.isEmpty()) return Uni.createFrom().voidItem();
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        insert into ingest.idempotency as i (access_key, chosen, request, done_at)
                        values (:by, :chosen, :request, :now)
                        on conflict (access_key, chosen) do update
                        set request = excluded.request, done_at = excluded.done_at
                        where i.request = excluded.request or i.done_at <= :oldest
                        """)
                    .setParameter("by", claim.get().accessKey())
                    .setParameter("chosen", claim.get().chosen())
                    .setParameter("request", claim.get().request().text())
                    .setParameter("now", now)
                    .setParameter("oldest", now.minus(KEPT))
                    .executeUpdate())
        .invoke(
            rows -> {
              if (rows == 0) throw reused();
            })
        .replaceWithVoid();
  }

  /// Forgets keys that are no longer remembered.
  public Uni<Integer> forget(Instant now) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery("delete from ingest.idempotency where done_at <= :oldest")
                    .setParameter("oldest", now.minus(KEPT))
                    .executeUpdate());
  }

  private static Refusal reused() {
    return Refusal.of(
        422,
        "idempotency-key-reused",
        "Another request was done under this Idempotency-Key. Choose a new one for each request.");
  }
}
