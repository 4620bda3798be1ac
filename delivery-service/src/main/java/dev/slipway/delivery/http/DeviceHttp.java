package dev.slipway.delivery.http;

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
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/// Reads bodies and writes answers of the device endpoints, on the event loop.
public final class DeviceHttp {

  private static final Logger LOG = Logger.getLogger(DeviceHttp.class);
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  /// A sender that keeps sending what was refused is cut off after this.
  private static final long REFUSED_BODY_MILLIS = 2000;

  private DeviceHttp() {}

  /// Answers what nobody has foreseen, without a word of its cause.
  public static void guard(Router router) {
    for (var path : List.of("/updates", "/stats", "/channel_self")) {
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
  static void body(RoutingContext routing, int maxBytes, Consumer<byte[]> handler) {
    var request = routing.request();
    if (declaredLength(request) > maxBytes) {
      tooLarge(routing);
      return;
    }
    var body = Buffer.buffer();
    request.handler(
        chunk -> {
          if (body.length() + chunk.length() > maxBytes) {
            tooLarge(routing);
          } else {
            body.appendBuffer(chunk);
          }
        });
    request.endHandler(
        _ -> {
          if (routing.response().ended()) return;
          try {
            handler.accept(body.getBytes());
          } catch (RuntimeException e) {
            routing.fail(e);
          }
        });
    request.exceptionHandler(e -> LOG.debugf("A sender went away: reason=%s", e.getMessage()));
    // Quarkus hands the request over paused.
    request.resume();
  }

  static void answer(RoutingContext routing, ByteBuffer json) {
    answer(routing, 200, json);
  }

  static void answer(RoutingContext routing, int status, ByteBuffer json) {
    var response = routing.response();
    if (response.ended() || response.closed()) return;
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(Buffer.buffer(Unpooled.wrappedBuffer(json)));
  }

  static void mistake(RoutingContext routing, Mistake mistake) {
    answer(routing, mistake.status(), Answers.mistake(mistake));
  }

  private static void tooLarge(RoutingContext routing) {
    var request = routing.request();
    // What still comes is dropped for a while, so that the sender gets to read the answer.
    request.handler(_ -> {});
    routing.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    mistake(routing, Mistake.BODY_TOO_LARGE);
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
