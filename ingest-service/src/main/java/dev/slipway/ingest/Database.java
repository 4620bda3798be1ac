package dev.slipway.ingest;

import dev.slipway.kit.http.Refusal;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The bridge from blocking code to the database. A request runs on a virtual thread, which
/// Hibernate Reactive refuses, so each transaction runs on an event loop and the thread waits for
/// its end; no session is open while the thread does anything else.
@ApplicationScoped
public class Database {

  private static final Logger LOG = Logger.getLogger(Database.class);
  private static final Duration LONGEST = Duration.ofSeconds(15);

  /// Runs one transaction and returns what it made.
  ///
  /// @throws Refusal 503 `database-unavailable`; the transaction may have been committed then
  public <T extends @Nullable Object> T inTransaction(Supplier<Uni<T>> work) {
    try {
      return VertxContextSupport.subscribeAndAwait(
          () -> Panache.withTransaction(work).ifNoItem().after(LONGEST).fail());
    } catch (Throwable e) {
      if (isUnavailable(e)) {
        LOG.warnf("The database does not answer: reason=%s", e.toString());
        throw Refusal.of(503, "database-unavailable", "The database is away. Try again soon.");
      }
      throw sneaky(e);
    }
  }

  /// Work that blocks, within a transaction: on another thread, with the transaction waiting.
  public <T> Uni<T> blocking(Callable<T> work) {
    return Uni.createFrom()
        .completionStage(
            () ->
                Objects.requireNonNull(Vertx.currentContext(), "within a transaction")
                    .executeBlocking(work, false)
                    .toCompletionStage());
  }

  private static boolean isUnavailable(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      boolean unavailable =
          switch (cause) {
            // Connection exceptions, insufficient resources, operator intervention.
            case PgException pg -> pg.getSqlState().matches("(08|53|57).*");
            case IOException _, TimeoutException _, VertxException _ -> true;
            default -> false;
          };
      if (unavailable) return true;
    }
    return false;
  }

  private static RuntimeException sneaky(Throwable failure) {
    return switch (failure) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(failure);
    };
  }
}
