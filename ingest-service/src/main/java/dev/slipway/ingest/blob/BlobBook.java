package dev.slipway.ingest.blob;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which blobs were verified and stored, and which versions refer to them. Its answers are to be
/// asked for within a transaction.
///
/// A blob is entered under the app's shared lock; versions are published and blobs collected under
/// its exclusive one. So a blob cannot be collected while a version that refers to it is published.
@ApplicationScoped
public class BlobBook implements PanacheRepositoryBase<BlobRow, BlobRow.Key> {

  /// So long nobody has to say again that a blob is wanted.
  private static final Duration WANTED_FOR_SURE = Duration.ofHours(1);

  /// One look into the index per blob, however many there are: of `= any(…)` the planner may make a
  /// search through the list for each row of the table.
  private static final String WANTED =
      "select %s from unnest(cast(:ids as text[])) as wanted (id)"
          + " join ingest.blob b on b.app_id = :app and b.id = wanted.id";

  /// What is known before a blob is stored.
  ///
  /// @param used the bytes that the app has
  /// @param known whether the blob is there
  /// @param rotten whether its object was found missing or damaged
  /// @param twin another blob that begins with the same header
  record Before(long used, boolean known, boolean rotten, @Nullable Digest twin) {}

  Uni<Before> before(AppId app, Digest id, byte @Nullable [] header) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        select coalesce((select u.bytes from ingest.usage u where u.app_id = :app), 0),
                               exists (select from ingest.blob b where b.app_id = :app and b.id = :id),
                               exists (select from ingest.blob b
                                       where b.app_id = :app and b.id = :id
                                         and b.rotten_at is not null),
                               (select b.id from ingest.blob b
                                where b.app_id = :app and b.header = cast(:header as bytea)
                                  and b.id <> :id)
                        """,
                        Object[].class)
                    .setParameter("app", app.text())
                    .setParameter("id", id.text())
                    .setParameter("header", header == null ? new byte[0] : header)
                    .getSingleResult())
        .map(
            row ->
                new Before(
                    ((Number) row[0]).longValue(),
                    (Boolean) row[1],
                    (Boolean) row[2],
                    row[3] == null ? null : Digest.parse((String) row[3])));
  }

  /// Enters a stored blob, or says of one that is entered that it is wanted and sound.
  ///
  /// @return whether it is new
  Uni<Boolean> enter(AppId app, Digest id, long size, byte @Nullable [] header, Instant now) {
    return lock(app, false)
        .flatMap(_ -> Panache.getSession())
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        """
                        insert into ingest.blob as b
                               (app_id, id, size, stored_at, wanted_at, checked_at, header)
                        values (:app, :id, :size, :now, :now, :now,
                                nullif(cast(:header as bytea), cast('' as bytea)))
                        on conflict (app_id, id) do update set wanted_at = excluded.wanted_at
                        returning (b.xmax = 0)
                        """,
                        Boolean.class)
                    .setParameter("app", app.text())
                    .setParameter("id", id.text())
                    .setParameter("size", size)
                    .setParameter("header", header == null ? new byte[0] : header)
                    .setParameter("now", now)
                    .getSingleResult());
  }

  public Uni<Optional<BlobRow>> lookUp(AppId app, Digest id) {
    return findById(BlobRow.Key.of(app, id)).map(Optional::ofNullable);
  }

  /// The same for somebody who may be about to refer to it: it is kept for another day.
  Uni<Optional<BlobRow>> want(AppId app, Digest id, Instant now) {
    return lookUp(app, id)
        .invoke(
            found ->
                found.ifPresent(
                    row -> {
                      if (row.wantedAt.isBefore(now.minus(WANTED_FOR_SURE))) row.wantedAt = now;
                    }));
  }

  /// The lengths of those of these blobs that the app has.
  public Uni<Map<Digest, Long>> sizes(AppId app, Collection<Digest> ids) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(WANTED.formatted("b.id, b.size"), Object[].class)
                    .setParameter("app", app.text())
                    .setParameter("ids", texts(ids))
                    .getResultList())
        .map(BlobBook::sizes);
  }

  /// Those of these blobs whose objects were looked at longest ago.
  public Uni<List<Digest>> longestUnchecked(AppId app, Collection<Digest> ids, int limit) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        WANTED.formatted("b.id") + " order by b.checked_at limit :limit",
                        String.class)
                    .setParameter("app", app.text())
                    .setParameter("ids", texts(ids))
                    .setParameter("limit", limit)
                    .getResultList())
        .map(found -> found.stream().map(Digest::parse).toList());
  }

  /// Makes a version refer to these blobs, under the app's exclusive lock.
  ///
  /// @return those of them that are not there, in which case nothing was done
  public Uni<List<Digest>> refer(AppId app, String version, Collection<Digest> ids) {
    return sizes(app, ids)
        .flatMap(
            found -> {
              List<Digest> missing = ids.stream().filter(id -> !found.containsKey(id)).toList();
              if (!missing.isEmpty() || ids.isEmpty()) return Uni.createFrom().item(missing);
              return Panache.getSession()
                  .flatMap(
                      session ->
                          session
                              .createNativeQuery(
                                  """
                                  insert into ingest.part (app_id, blob_id, version)
                                  select :app, id, :version from unnest(cast(:ids as text[])) as id
                                  on conflict do nothing
                                  """)
                              .setParameter("app", app.text())
                              .setParameter("version", version)
                              .setParameter("ids", texts(ids))
                              .executeUpdate())
                  .replaceWith(missing);
            });
  }

  /// Waits until nobody else holds the app's lock against this, and holds it to the end of the
  /// transaction.
  ///
  /// @param exclusive whether nobody else may enter blobs or versions meanwhile
  public Uni<String> lock(AppId app, boolean exclusive) {
    String function = exclusive ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared";
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select cast(" + function + "(hashtextextended(:app, 0)) as text)",
                        String.class)
                    .setParameter("app", "slipway.ingest/" + app)
                    .getSingleResult());
  }

  static String[] texts(Collection<Digest> ids) {
    return ids.stream().map(Digest::text).toArray(String[]::new);
  }

  private static Map<Digest, Long> sizes(List<Object[]> rows) {
    Map<Digest, Long> sizes = HashMap.newHashMap(rows.size());
    rows.forEach(row -> sizes.put(Digest.parse((String) row[0]), ((Number) row[1]).longValue()));
    return sizes;
  }
}
