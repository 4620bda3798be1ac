package dev.slipway.delivery.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.Mistake;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Reads bodies and writes answers of the device endpoints, on the event loop.
public final class DeviceHttp {

  private static final Logger LOG = Logger.getLogger(DeviceHttp.class);
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  /// A sender that keeps sending what was refused is cut off after this.
  private static final long REFUSED_BODY_MILLIS = 2000;

  private static final CharSequence RESET_AT = HttpHeaders.createOptimized("X-RateLimit-Reset");

  private static final String SECONDS_UNTIL_READY = "5";

  private DeviceHttp() {}

  /// Answers what nobody has foreseen, without a word of its cause.
  public static void guard(Router router) {
    for (var path : List.of("/updates", "/updates/manifest_size", "/stats", "/channel_self")) {
      router
          .route(path)
          .order(-1)
          .failureHandler(
              routing -> {
                LOG.errorf(routing.failure(), "A device's request failed: path=%s", path);
                mistake(routing, Mistake.UNKNOWN_ERROR);
              });
    }
  }

  /// Hands on the body once it is there, or answers that it is too large without keeping it.
  public static void body(RoutingContext routing, int maxBytes, Consumer<byte[]> handler) {
    var request = routing.request();
    if (declaredLength(request) > maxBytes) {
      refuse(routing, Mistake.BODY_TOO_LARGE);
      return;
    }
    var encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      refuse(routing, Mistake.UNSUPPORTED_ENCODING);
      return;
    }
    // Where a proxy went by a Content-Length that Netty has dropped in favour of the chunks, what
    // follows is not what it took it for (RFC 9112, 6.1).
    if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
      routing.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      routing.addEndHandler(_ -> request.connection().close());
    }
    var body = new Body(routing, maxBytes, handler);
    request.handler(body::add);
    request.endHandler(_ -> body.end());
    request.exceptionHandler(e -> body.gone(e));
    // Quarkus hands the request over paused.
    request.resume();
    if (!body.over) SlowBodies.here(routing.vertx()).await(body);
  }

  /// A body that comes in, mostly in one piece and at once.
  private static final class Body extends SlowBodies.Awaited {
    private final RoutingContext routing;
    private final int maxBytes;
    private final Consumer<byte[]> handler;
    private @Nullable Buffer bytes;
    private boolean over;

    Body(RoutingContext routing, int maxBytes, Consumer<byte[]> handler) {
      this.routing = routing;
      this.maxBytes = maxBytes;
      this.handler = handler;
    }

    void add(Buffer chunk) {
      if (over) return;
      int length = bytes == null ? 0 : bytes.length();
      if (length + chunk.length() > maxBytes) {
        finish();
        refuse(routing, Mistake.BODY_TOO_LARGE);
      } else if (bytes == null) {
        bytes = chunk;
      } else {
        bytes = (length == 0 ? Buffer.buffer() : bytes.copy()).appendBuffer(chunk);
      }
    }

    void end() {
      if (over) return;
      finish();
      try {
        handler.accept(bytes == null ? new byte[0] : bytes.getBytes());
      } catch (RuntimeException e) {
        routing.fail(e);
      }
    }

    void gone(Throwable e) {
      finish();
      LOG.debugf("A sender went away: reason=%s", e.getMessage());
    }

    @Override
    void tookTooLong() {
      if (over) return;
      over = true;
      refuse(routing, Mistake.TOO_SLOW);
    }

    private void finish() {
      over = true;
      leave();
    }
  }

  static void answer(RoutingContext routing, ByteBuffer json) {
    answer(routing, 200, json);
  }

  public static void answer(RoutingContext routing, int status, ByteBuffer json) {
    var response = routing.response();
    if (response.ended() || response.closed()) return;
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(Buffer.buffer(Unpooled.wrappedBuffer(json)));
  }

  /// Says what was wrong, in the words of the protocol that the address belongs to.
  static void mistake(RoutingContext routing, Mistake mistake) {
    if (String.valueOf(routing.request().path()).startsWith("/v1/")) {
      problem(
          routing,
          Problem.of(
              mistake.status(),
              mistake.error().replace('_', '-'),
              mistake.message() + ".",
              Map.of()));
      return;
    }
    answer(routing, mistake.status(), Answers.mistake(mistake).duplicate());
  }

  /// Answers with a problem (RFC 9457).
  public static void problem(RoutingContext routing, Problem problem) {
    var response = routing.response();
    if (response.ended() || response.closed()) return;
    response.headers().remove(HttpHeaders.ETAG).remove(HttpHeaders.CACHE_CONTROL);
    try {
      response
          .setStatusCode(problem.status())
          .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
          .end(Buffer.buffer(Json.LENIENT.writeValueAsBytes(problem)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem that is not JSON: " + problem.slug(), e);
    }
  }

  /// Answers an agent that asks for what is not there, or speaks another version of the protocol
  /// than this server.
  public static void others(Router router) {
    router.route("/v1/*").last().handler(DeviceHttp::notFound);
    router.routeWithRegex("/v[0-9]{1,3}/.*").last().handler(DeviceHttp::otherProtocol);
  }

  private static void otherProtocol(RoutingContext routing) {
    routing.response().putHeader(HttpHeaders.UPGRADE, "slipway/1");
    problem(
        routing,
        Problem.of(
            426,
            "protocol-unsupported",
            "This server speaks version 1 of the protocol, under /v1/. Update whichever is older:"
                + " the app, or the server.",
            Map.of("supported", List.of(1))));
  }

  public static void notFound(RoutingContext routing) {
    problem(
        routing, Problem.of(404, "not-found", "There is nothing under this address.", Map.of()));
  }

  /// The service has not read what it has to know.
  public static void notReady(RoutingContext routing) {
    routing.response().putHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_READY);
    problem(
        routing,
        Problem.of(503, "not-ready", "The server is still reading what it has to know.", Map.of()));
  }

  /// Not now: in some seconds.
  static void later(RoutingContext routing, Mistake mistake) {
    routing.response().putHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_READY);
    mistake(routing, mistake);
  }

  /// Too often. Without the header a plugin would come back at once.
  static void comeBack(RoutingContext routing, int seconds) {
    long now = System.currentTimeMillis();
    routing
        .response()
        .putHeader(HttpHeaders.RETRY_AFTER, Integer.toString(seconds))
        .putHeader(RESET_AT, Long.toString((now + seconds * 1000L) / 1000));
    if (String.valueOf(routing.request().path()).startsWith("/v1/")) {
      mistake(routing, Mistake.TOO_MANY_REQUESTS);
    } else {
      answer(routing, Mistake.TOO_MANY_REQUESTS.status(), Answers.comeBack(seconds, now));
    }
  }

  /// Refuses a request whose body has not been read, and ends its connection.
  private static void refuse(RoutingContext routing, Mistake mistake) {
    var request = routing.request();
    // What still comes is dropped for a while, so that the sender gets to read the answer.
    request.handler(_ -> {});
    routing.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    mistake(routing, mistake);
    request.resume();
    routing.vertx().setTimer(REFUSED_BODY_MILLIS, _ -> request.connection().close());
  }

  private static long declaredLength(HttpServerRequest request) {
    var text = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (text == null) return 0;
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      // Netty has refused what is no number; a longer one than fits is too long.
      return Long.MAX_VALUE;
    }
  }
}
