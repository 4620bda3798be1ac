package dev.slipway.kit.http;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/// Refuses bodies that an endpoint won't take before a byte of them is read: too long by their own
/// account, or compressed, which would hide their length.
public class BodyFilter {

  /// Where [BodyLimit] finds what the endpoint takes.
  static final String TAKES = "slipway.body";

  /// @param optional whether the endpoint's body parameter is `@Nullable`
  record Takes(long limit, boolean optional) {

    static Takes of(Method endpoint) {
      var annotation = endpoint.getAnnotation(MaxBody.class);
      boolean optional =
          Arrays.stream(endpoint.getParameters())
              .filter(it -> it.getAnnotations().length == 0)
              .anyMatch(it -> it.getAnnotatedType().isAnnotationPresent(Nullable.class));
      return new Takes(annotation == null ? MaxBody.DEFAULT : annotation.value(), optional);
    }
  }

  private static final long DROPPED_MILLIS = 1_000;

  private final CurrentVertxRequest current;
  private final Map<Method, Takes> known = new ConcurrentHashMap<>();

  public BodyFilter(CurrentVertxRequest current) {
    this.current = current;
  }

  @Priority(Priorities.AUTHORIZATION)
  @ServerRequestFilter(nonBlocking = true)
  public void judge(ContainerRequestContext request, ResourceInfo endpoint) {
    var coding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      throw Refusal.of(
          415, "unsupported-media-type", "Bodies are taken as they are, without content coding.");
    }
    var takes = known.computeIfAbsent(endpoint.getResourceMethod(), Takes::of);
    request.setProperty(TAKES, takes);
    var length = request.getHeaderString(HttpHeaders.CONTENT_LENGTH);
    if (length != null && Long.parseLong(length) > takes.limit()) {
      throw BodyLimit.tooLarge(takes.limit());
    }
  }

  /// What is left of a body that is too large is not worth reading. It is dropped for a while
  /// before the connection ends: one that is closed while bytes lie unread is reset, and the sender
  /// never gets to read why.
  @ServerResponseFilter
  public void hangUp(ContainerResponseContext response) {
    if (response.getStatus() == 413) {
      var exchange = current.getCurrent();
      response.getHeaders().putSingle("Connection", "close");
      exchange.addEndHandler(
          _ -> {
            var request = exchange.request();
            if (!request.isEnded()) request.handler(_ -> {}).resume();
            exchange.vertx().setTimer(DROPPED_MILLIS, _ -> request.connection().close());
          });
    }
  }
}
