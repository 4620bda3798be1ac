package dev.slipway.delivery.http;

import dev.slipway.delivery.DeliveryConfig;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.report.FleetCounter;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/// The device routes over real HTTP on an image that a test gives, without anything behind them.
final class RoutesOnImage implements AutoCloseable {

  volatile Optional<DeliveryImage> image = Optional.of(DeliveryImage.EMPTY);
  volatile Devices devices = new Devices(17);
  volatile boolean live = true;
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final ReportRing ring;
  final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final URI base;

  final FleetCounter fleets = new FleetCounter(Instant.EPOCH);

  private final Vertx vertx = Vertx.vertx();

  /// No limits at all.
  static class NoLimits implements DeliveryConfig.Limits {
    @Override
    public double devicePerSecond() {
      return 0;
    }

    @Override
    public double networkPerSecond() {
      return 0;
    }

    @Override
    public double missesPerSecond() {
      return 0;
    }

    @Override
    public Duration lag() {
      return Duration.ZERO;
    }
  }

  RoutesOnImage(int ringSize) throws ExecutionException, InterruptedException {
    this(ringSize, new NoLimits(), Clock.systemUTC());
  }

  RoutesOnImage(int ringSize, DeliveryConfig.Limits limits, Clock clock)
      throws ExecutionException, InterruptedException {
    ring = new ReportRing(ringSize, 1 << 20);
    var metrics = new DeliveryMetrics(meters);
    var router = Router.router(vertx);
    DeviceHttp.guard(router);
    Supplier<Optional<Served>> served =
        () -> image.map(current -> new Served(current, devices, live));
    var senders = new Senders(new ClientAddress(List.of()), new Protection(limits, meters));
    new UpdatesRoute(
            served,
            senders,
            new UpdatesRoute.Traces(new OfferMemory(1 << 10), fleets, ring),
            metrics,
            clock)
        .register(router);
    new StatsRoute(served, ring, senders, metrics, clock).register(router);
    new ChannelSelfRoute(served, senders, ring, clock).register(router);
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(router)
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    base = URI.create("http://127.0.0.1:" + server.actualPort());
  }

  HttpResponse<String> send(String method, String pathAndQuery, byte[] body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve(pathAndQuery))
            .timeout(Duration.ofSeconds(10))
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  double reports(String outcome) {
    return meters.counter("slipway.reports", "outcome", outcome).count();
  }

  @Override
  public void close() throws Exception {
    http.close();
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }
}
