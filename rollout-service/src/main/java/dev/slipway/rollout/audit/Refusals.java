package dev.slipway.rollout.audit;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import dev.slipway.kit.access.Caller;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/// Writes into the audit what people were refused: each change that was not made, and each look
/// that they have no right to. The answer waits for the line. Requests without a valid key are
/// counted, and become one line a minute: they must not be able to fill the audit.
@Singleton
public class Refusals {

  private static final Logger LOG = Logger.getLogger(Refusals.class);
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Pattern APP = Pattern.compile("/v1/apps/([^/]{1,128})(?:/.*)?");

  private final Audit audit;
  private final Caller caller;
  private final AtomicLong strangers = new AtomicLong();

  public Refusals(Audit audit, Caller caller) {
    this.audit = audit;
    this.caller = caller;
  }

  @ServerResponseFilter
  public Uni<Void> note(ContainerRequestContext request, ContainerResponseContext response) {
    int status = response.getStatus();
    if (status < 400 || !request.getUriInfo().getPath().startsWith("/v1/")) return nothing();
    if (status == 401) {
      strangers.incrementAndGet();
      return nothing();
    }
    boolean reading = READING.contains(request.getMethod());
    if (!caller.isKnown() || (reading && status != 403)) return nothing();
    var path = request.getUriInfo().getPath();
    var deed =
        new Audit.Deed(
            Audit.ANONYMOUS,
            "request.refuse",
            app(path),
            request.getMethod() + " " + printable(path),
            null,
            slug(status, response.getEntity()),
            null,
            null);
    return Panache.withTransaction(
            () -> Panache.getSession().chain(session -> audit.append(session, deed)))
        // Whoever was refused is told so even while there is no database.
        .onFailure()
        .invoke(e -> LOG.errorf("A refusal is not in the audit: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }

  @Scheduled(every = "60s", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> noteStrangers() {
    long count = strangers.getAndSet(0);
    if (count == 0) return nothing();
    var deed =
        new Audit.Deed(
            Audit.ANONYMOUS,
            "request.refuse",
            null,
            count + (count == 1 ? " request" : " requests") + " without a valid access key",
            null,
            "auth-required",
            null,
            null);
    return Panache.withTransaction(
            () -> Panache.getSession().chain(session -> audit.append(session, deed)))
        .onFailure()
        .invoke(
            e -> {
              strangers.addAndGet(count);
              LOG.warnf("Requests without a key are not in the audit: reason=%s", e.getMessage());
            })
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }

  private static Uni<Void> nothing() {
    return Uni.createFrom().voidItem();
  }

  private static @Nullable AppId app(String path) {
    var match = APP.matcher(path);
    if (!match.matches()) return null;
    try {
      return AppId.of(match.group(1));
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  private static String printable(String path) {
    return path.codePoints()
        .map(c -> c > ' ' && c < 0x7f ? c : '?')
        .limit(300)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String slug(int status, @Nullable Object entity) {
    if (entity instanceof byte[] bytes) {
      try {
        return Json.LENIENT.readValue(bytes, Problem.class).slug();
      } catch (IOException e) {
        LOG.debugf(e, "A refusal that is no problem");
      }
    }
    return "status-" + status;
  }
}
