package dev.slipway.ingest.refusal;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.RefusalView;
import dev.slipway.contracts.http.Problem;
import dev.slipway.ingest.IngestMetrics;
import dev.slipway.kit.access.Caller;
import dev.slipway.kit.http.Refusal;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/// Counts what is refused, by slug, and keeps a record of it: who asked for what, when, and with
/// which slug they were refused; never a body, nor a part of one. The answer waits for the record,
/// but is given without it while there is no database.
///
/// Looking for what is not there is no refusal worth a row: publishers ask for each blob. Requests
/// without a valid access key become one row a minute, so that nobody without one can fill the
/// table.
@Singleton
public class Refusals {

  private static final Logger LOG = Logger.getLogger(Refusals.class);
  private static final String ANONYMOUS = "anonymous";
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
  private static final Pattern APP = Pattern.compile("/v1/apps/([^/]{1,212})(?:/.*)?");
  private static final int LONGEST_PATH = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String INSERT =
      "insert into ingest.refusal (at, actor, actor_name, app_id, method, path, status, slug,"
          + " times) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

  private static final String SELECT =
      "select * from ingest.refusal where id < $1 and ($2::text is null or app_id = $2)"
          + " order by id desc limit $3";

  private final Caller caller;
  private final Pool pool;
  private final IngestMetrics metrics;
  private final Clock clock;
  private final AtomicInteger strangers = new AtomicInteger();

  Refusals(Caller caller, Pool pool, IngestMetrics metrics, Clock clock) {
    this.caller = caller;
    this.pool = pool;
    this.metrics = metrics;
    this.clock = clock;
  }

  @ServerResponseFilter
  public @Nullable Uni<Void> note(
      ContainerRequestContext request, ContainerResponseContext response) {
    int status = response.getStatus();
    String path = request.getUriInfo().getPath();
    if (status < 400 || !path.startsWith("/v1/")) return null;
    String slug = slug(status, response.getEntity());
    metrics.refused(slug);
    if (!caller.isKnown()) {
      strangers.incrementAndGet();
      return null;
    }
    boolean reading = READING.contains(request.getMethod());
    if (status >= 500 || (reading && status != 403)) return null;
    return write(
            caller.keyId(), caller.name(), app(path), request.getMethod(), path, status, slug, 1)
        .onFailure()
        .invoke(e -> LOG.errorf("A refusal is not on record: slug=%s reason=%s", slug, e))
        .onFailure()
        .recoverWithNull();
  }

  /// Writes down how many requests came without a valid key since the last time.
  @Scheduled(every = "60s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  public Uni<Void> noteStrangers() {
    int times = strangers.getAndSet(0);
    if (times == 0) return Uni.createFrom().voidItem();
    return write(ANONYMOUS, null, null, "*", "/v1", 401, "auth-required", times)
        .onFailure()
        .invoke(
            e -> {
              strangers.addAndGet(times);
              LOG.warnf("Requests without a key are not on record: reason=%s", e);
            })
        .onFailure()
        .recoverWithNull();
  }

  /// What is on record, newest first.
  ///
  /// @param app all of it, where none is named
  /// @param before the id above the first one
  List<RefusalView> list(Optional<AppId> app, long before, int limit) {
    return pool.preparedQuery(SELECT)
        .execute(Tuple.of(before, app.map(AppId::text).orElse(null), limit))
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .onFailure()
        .transform(_ -> unavailable())
        .map(rows -> StreamSupport.stream(rows.spliterator(), false).map(Refusals::view).toList())
        .await()
        .indefinitely();
  }

  private static Refusal unavailable() {
    return Refusal.of(503, "database-unavailable", "The database does not answer. Try again soon.");
  }

  private static RefusalView view(Row row) {
    String app = row.getString("app_id");
    return new RefusalView(
        row.getLong("id"),
        row.getOffsetDateTime("at").toInstant(),
        row.getString("actor"),
        row.getString("actor_name"),
        app == null ? null : AppId.of(app),
        row.getString("method"),
        row.getString("path"),
        row.getInteger("status"),
        row.getString("slug"),
        row.getInteger("times"));
  }

  private Uni<Void> write(
      String actor,
      @Nullable String actorName,
      @Nullable AppId app,
      String method,
      String path,
      int status,
      String slug,
      int times) {
    var values =
        Tuple.tuple()
            .addValue(clock.instant().atOffset(ZoneOffset.UTC))
            .addString(actor)
            .addString(actorName)
            .addString(app == null ? null : app.text())
            .addString(method)
            .addString(printable(path))
            .addInteger(status)
            .addString(slug)
            .addInteger(times);
    return pool.preparedQuery(INSERT)
        .execute(values)
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .replaceWithVoid();
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

  /// A path is the sender's own words.
  private static String printable(String path) {
    return path.codePoints()
        .map(c -> c > ' ' && c < 0x7f ? c : '?')
        .limit(LONGEST_PATH)
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
