package dev.slipway.benchmarks.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.management.OperatingSystemMXBean;
import dev.slipway.delivery.DeliveryConfig;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.http.ClientAddress;
import dev.slipway.delivery.http.DeviceHttp;
import dev.slipway.delivery.http.Protection;
import dev.slipway.delivery.http.Senders;
import dev.slipway.delivery.http.UpdatesRoute;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.report.FleetCounter;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A server of one kind in a process of its own, on loopback: `bare` reads the body, parses the
/// same members and answers a fixed buffer; `plain` is the update check, `rollout` the same while a
/// rollout with targeting is active. `GET /cpu` tells the process's CPU time in nanoseconds, `GET
/// /allocated` the bytes that its event loops have allocated. Prints its port.
public final class CheckServer {

  private static final int APPS = 200;
  private static final JsonFactory JSON = new JsonFactory();
  private static final Buffer FIXED =
      Buffer.buffer(
          "{\"error\":\"no_new_version_available\",\"kind\":\"up_to_date\",\"message\":\"No new"
              + " version available\"}");

  private CheckServer() {}

  public static void main(String[] args) throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    var router = Router.router(vertx);
    router
        .get("/cpu")
        .handler(
            routing -> {
              var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
              routing.response().end(Long.toString(system.getProcessCpuTime()));
            });
    router.get("/allocated").handler(routing -> routing.response().end(allocated()));
    switch (args[0]) {
      case "bare" -> router.post("/updates").handler(CheckServer::bare);
      case "plain" -> delivery(router, Fleet.image(APPS, false));
      case "rollout" -> delivery(router, Fleet.image(APPS, true));
      default -> throw new IllegalArgumentException("bare, plain or rollout");
    }
    // Two event loops, as Quarkus has them on two cores.
    int port = 0;
    for (int i = 0; i < 2; i++) {
      var server =
          vertx
              .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(port))
              .requestHandler(router)
              .listen()
              .toCompletionStage()
              .toCompletableFuture()
              .get();
      port = server.actualPort();
      break;
    }
    System.out.println(port);
  }

  private static String allocated() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long id : threads.getAllThreadIds()) {
      var info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith("vert.x-eventloop")) {
        sum += threads.getThreadAllocatedBytes(id);
      }
    }
    return Long.toString(sum);
  }

  private static void bare(RoutingContext routing) {
    var request = routing.request();
    request.bodyHandler(
        body -> {
          try (var parser = JSON.createParser(body.getBytes())) {
            String[] members = new String[9];
            parser.nextToken();
            for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
              var token = parser.nextToken();
              int member =
                  switch (name) {
                    case "app_id" -> 0;
                    case "device_id" -> 1;
                    case "platform" -> 2;
                    case "version_build" -> 3;
                    case "version_name" -> 4;
                    case "plugin_version" -> 5;
                    case "defaultChannel" -> 6;
                    case "key_id" -> 7;
                    default -> 8;
                  };
              if (token == JsonToken.VALUE_STRING && member < 8) members[member] = parser.getText();
            }
            routing
                .response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(members[0] == null ? Buffer.buffer("{}") : FIXED);
          } catch (IOException e) {
            routing.fail(400);
          }
        });
  }

  private static void delivery(Router router, DeliveryImage image) {
    var meters = new SimpleMeterRegistry();
    var served = Optional.of(new Served(image, new Devices(17), true));
    var ring = new ReportRing(1 << 16, 32 << 20);
    DeviceHttp.guard(router);
    new UpdatesRoute(
            () -> served,
            new Senders(new ClientAddress(List.of()), new Protection(limits(), meters)),
            new UpdatesRoute.Traces(
                new OfferMemory(1 << 17), new FleetCounter(Instant.now()), ring),
            new DeliveryMetrics(meters),
            Clock.systemUTC())
        .register(router);
  }

  /// The limits are looked at, and never reached.
  private static DeliveryConfig.Limits limits() {
    return new DeliveryConfig.Limits() {
      @Override
      public double devicePerSecond() {
        return 1e8;
      }

      @Override
      public double networkPerSecond() {
        return 1e8;
      }

      @Override
      public double missesPerSecond() {
        return 1e8;
      }

      @Override
      public Duration lag() {
        return Duration.ofSeconds(30);
      }
    };
  }
}
