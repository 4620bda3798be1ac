package dev.slipway.ingest.blob;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which blobs were verified and stored. Its answers are to be asked for within a transaction.
@ApplicationScoped
public class BlobBook implements PanacheRepositoryBase<BlobRow, BlobRow.Key> {

  /// Enters a stored blob; again is no mistake.
  ///
  /// @return the number of new rows
  public Uni<Integer> enter(AppId app, Digest id, long size, Instant now) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "insert into ingest.blob (app_id, id, size, stored_at)"
                            + " values (:app, :id, :size, :now) on conflict do nothing")
                    .setParameter("app", app.text())
                    .setParameter("id", id.text())
                    .setParameter("size", size)
                    .setParameter("now", now)
                    .executeUpdate());
  }

  public Uni<Optional<BlobRow>> lookUp(AppId app, Digest id) {
    return findById(BlobRow.Key.of(app, id)).map(Optional::ofNullable);
  }

  /// The lengths of those of these blobs that the app has.
  public Uni<Map<Digest, Long>> sizes(AppId app, Collection<Digest> ids) {
    String[] texts = ids.stream().map(Digest::text).toArray(String[]::new);
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select b.* from ingest.blob b where b.app_id = :app and b.id = any(:ids)",
                        BlobRow.class)
                    .setParameter("app", app.text())
                    .setParameter("ids", texts)
                    .getResultList())
        .map(BlobBook::sizes);
  }

  private static Map<Digest, Long> sizes(List<BlobRow> rows) {
    Map<Digest, Long> sizes = HashMap.newHashMap(rows.size());
    rows.forEach(row -> sizes.put(row.id(), row.size()));
    return sizes;
  }
}
