package dev.slipway.rollout.app;

import dev.slipway.bundle.AppId;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.time.Duration;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/// Deleted apps: nothing about them is changed but their deletion, and when their grace period is
/// over they end for good.
@Singleton
public class Deletions {

  private static final Logger LOG = Logger.getLogger(Deletions.class);
  private static final int AT_ONCE = 20;
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  private final AppBook book;
  private final Caller caller;
  private final Duration grace;

  public Deletions(
      AppBook book,
      Caller caller,
      @ConfigProperty(name = "slipway.apps.deletion-grace", defaultValue = "P30D") Duration grace) {
    this.book = book;
    this.caller = caller;
    this.grace = grace;
  }

  /// Refuses changes of what belongs to a deleted app. Who may not know of the app learns nothing
  /// here: their request goes on to where it is not found.
  @ServerRequestFilter(nonBlocking = true)
  public @Nullable Uni<Void> judge(ContainerRequestContext request) {
    if (READING.contains(request.getMethod()) || !caller.isKnown()) return null;
    var app = request.getUriInfo().getPathParameters().getFirst("app");
    var path = request.getUriInfo().getPath();
    if (app == null || path.endsWith("/undelete") || isAppItself(path, app)) return null;
    AppId id;
    try {
      id = AppId.of(app);
    } catch (IllegalArgumentException _) {
      return null;
    }
    if (!caller.covers(id)) return null;
    return Panache.withSession(() -> AppRow.isDeleted(app))
        .invoke(
            deleted -> {
              if (deleted) {
                throw Refusal.of(
                    409,
                    "app-deleted",
                    "The app waits for its final deletion. Undelete it first.");
              }
            })
        .replaceWithVoid();
  }

  /// Which has rules of its own.
  private static boolean isAppItself(String path, String app) {
    return path.equals("/v1/apps/" + app);
  }

  @Scheduled(every = "1m", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> end() {
    return book.ended(grace, AT_ONCE)
        .onItem()
        .transformToMulti(apps -> Multi.createFrom().iterable(apps))
        .onItem()
        .transformToUniAndConcatenate(this::end)
        .onItem()
        .ignoreAsUni()
        .onFailure()
        .invoke(e -> LOG.warnf("Deleted apps could not be looked for: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  private Uni<Void> end(AppId app) {
    return book.end(app, grace)
        .invoke(() -> LOG.infof("A deleted app is gone for good: app=%s", app))
        .onFailure()
        .invoke(e -> LOG.errorf(e, "A deleted app could not be taken away: app=%s", app))
        .onFailure()
        .recoverWithNull();
  }
}
