package dev.slipway.ingest.retry;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import org.jboss.logging.Logger;

/// Forgets the senders' keys of yesterday.
@ApplicationScoped
class Housekeeping {

  private static final Logger LOG = Logger.getLogger(Housekeeping.class);

  private final Claims claims;
  private final Clock clock;

  Housekeeping(Claims claims, Clock clock) {
    this.claims = claims;
    this.clock = clock;
  }

  @Scheduled(every = "1h", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  Uni<Void> forget() {
    return Panache.withTransaction(() -> claims.forget(clock.instant()))
        .onFailure()
        .invoke(e -> LOG.warnf("Old idempotency keys are forgotten later: reason=%s", e))
        .onFailure()
        .recoverWithItem(0)
        .replaceWithVoid();
  }
}
