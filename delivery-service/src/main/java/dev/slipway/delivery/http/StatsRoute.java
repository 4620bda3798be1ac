package dev.slipway.delivery.http;

import dev.slipway.bundle.AppId;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Mistake;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Report;
import dev.slipway.delivery.protocol.Requests;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.Networks;
import dev.slipway.delivery.report.ReportRing;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The stock plugin's reports. What can be read is answered 200 whatever becomes of it: an error
/// would make the plugin send it again each second.
public final class StatsRoute {

  static final int MAX_BODY = 1 << 20;

  private final Supplier<Optional<DeliveryImage>> images;
  private final ReportRing ring;
  private final ClientAddress clients;
  private final DeliveryMetrics metrics;
  private final Clock clock;

  /// @param images the image of now, once there is one
  public StatsRoute(
      Supplier<Optional<DeliveryImage>> images,
      ReportRing ring,
      ClientAddress clients,
      DeliveryMetrics metrics,
      Clock clock) {
    this.images = images;
    this.ring = ring;
    this.clients = clients;
    this.metrics = metrics;
    this.clock = clock;
  }

  public void register(Router router) {
    router
        .post("/stats")
        .handler(routing -> DeviceHttp.body(routing, MAX_BODY, body -> stats(routing, body)));
  }

  private void stats(RoutingContext routing, byte[] body) {
    switch (DeviceBody.read(body)) {
      case DeviceBody.One(var members) -> single(routing, members);
      case DeviceBody.Many(var items) -> batch(routing, items);
      case DeviceBody.TooMany() -> DeviceHttp.mistake(routing, Mistake.TOO_MANY_ITEMS);
      case DeviceBody.Other() -> DeviceHttp.mistake(routing, Mistake.INVALID_JSON_BODY);
      case DeviceBody.NotJson() -> DeviceHttp.mistake(routing, Mistake.INVALID_JSON_PARSE_BODY);
    }
  }

  private void single(RoutingContext routing, Members members) {
    var image = images.get();
    switch (Requests.report(members)) {
      case Read.Invalid<Report>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<Report>(var report) -> {
        if (isUnknown(report.app(), image)) {
          DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
          return;
        }
        take(report, clients.of(routing.request()), image);
        DeviceHttp.answer(routing, Answers.OK.duplicate());
      }
    }
  }

  private void batch(RoutingContext routing, List<@Nullable Members> items) {
    if (items.isEmpty()) {
      DeviceHttp.answer(routing, Answers.results(List.of()));
      return;
    }
    var first = items.getFirst();
    var app = first == null ? Optional.<AppId>empty() : Requests.appId(first);
    if (app.isEmpty()) {
      DeviceHttp.mistake(routing, Mistake.INVALID_APP_ID);
      return;
    }
    for (var item : items) {
      if (item == null) continue;
      var other = Requests.appId(item);
      if (other.isPresent() && !other.equals(app)) {
        DeviceHttp.mistake(routing, Mistake.MIXED_APP_IDS);
        return;
      }
    }
    var image = images.get();
    if (isUnknown(app.get(), image)) {
      DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
      return;
    }
    var sender = clients.of(routing.request());
    var results = new ArrayList<Optional<Mistake>>(items.size());
    for (var item : items) results.add(item(item, sender, image));
    DeviceHttp.answer(routing, Answers.results(results));
  }

  private Optional<Mistake> item(
      @Nullable Members item, InetAddress sender, Optional<DeliveryImage> image) {
    if (item == null) return Optional.of(Mistake.INVALID_JSON_BODY);
    return switch (Requests.report(item)) {
      case Read.Invalid<Report>(var mistake) -> Optional.of(mistake);
      case Read.Valid<Report>(var report) -> {
        take(report, sender, image);
        yield Optional.empty();
      }
    };
  }

  private void take(Report report, InetAddress sender, Optional<DeliveryImage> image) {
    var arrival =
        new Arrival.Reported(report, Networks.prefix(sender), clock.instant(), image.orElse(null));
    if (!ring.offer(arrival)) metrics.dropped(1);
  }

  /// Before there is an image nobody can tell; the report is kept until there is one.
  private static boolean isUnknown(AppId app, Optional<DeliveryImage> image) {
    return image.isPresent() && image.get().app(app).isEmpty();
  }
}
