package dev.slipway.ingest;

import dev.slipway.bundle.BundleException;
import dev.slipway.ingest.storage.StorageUnavailable;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.http.RefusalMapper;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/// How what went wrong is answered.
public class Answers {

  private static final Logger LOG = Logger.getLogger(Answers.class);
  private static final int ERRORS = 400;
  private static final int UNAVAILABLE = 503;
  private static final int RETRY_SECONDS = 2;
  private static final long LINGER_MILLIS = 1000;

  private final RoutingContext exchange;
  private final Vertx vertx;
  private final RefusalMapper refusals;

  Answers(RoutingContext exchange, Vertx vertx, RefusalMapper refusals) {
    this.exchange = exchange;
    this.vertx = vertx;
    this.refusals = refusals;
  }

  /// The bundle's own words, and its facts, which never quote the input.
  @ServerExceptionMapper
  public Response refused(BundleException e) {
    var reason = e.reason();
    return refusals.toResponse(
        Refusal.of(
            reason.status(),
            reason.slug(),
            reason.sentence() + ".",
            Map.<String, Object>copyOf(e.facts())));
  }

  @ServerExceptionMapper
  public Response unavailable(StorageUnavailable e) {
    LOG.warnf("The object store does not answer as it should: reason=%s", e.getCause());
    return refusals.toResponse(
        Refusal.of(
            UNAVAILABLE, "storage-unavailable", "The object store is away. Try again soon."));
  }

  @ServerResponseFilter
  public void retryLater(ContainerResponseContext response) {
    if (response.getStatus() == UNAVAILABLE) {
      response.getHeaders().putSingle(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
    }
  }

  /// Ends the connection after a refusal whose request still sends its body. What arrives meanwhile
  /// is dropped for a moment: a sender whose connection ends while it writes might never read the
  /// answer.
  @ServerResponseFilter
  public void dropBody(ContainerResponseContext response) {
    var request = exchange.request();
    if (response.getStatus() < ERRORS || request.isEnded()) return;
    response.getHeaders().putSingle("Connection", "close");
    exchange.addEndHandler(
        _ -> {
          vertx.setTimer(LINGER_MILLIS, _ -> request.connection().close());
          if (!request.isEnded()) request.handler(_ -> {}).resume();
        });
  }
}
