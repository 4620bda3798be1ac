package dev.slipway.ingest.app;

import dev.slipway.bundle.AppId;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/// Makes changes of one app wait for each other. To be asked for within a transaction, which holds
/// it to its end, before anything is read that is to be changed.
@ApplicationScoped
public class AppLock {

  public Uni<Void> exclusive(AppId app) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createNativeQuery(
                        "select cast(pg_advisory_xact_lock(hashtextextended(:app, 0)) as text)",
                        String.class)
                    .setParameter("app", "slipway.ingest/" + app)
                    .getSingleResult())
        .replaceWithVoid();
  }
}
