package dev.slipway.delivery.http;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Mistake;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Requests;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;

/// The stock plugin's update check.
public final class UpdatesRoute {

  static final int MAX_BODY = 16 << 10;
  private static final String SECONDS_UNTIL_READY = "5";

  private final Supplier<Optional<DeliveryImage>> images;
  private final OfferMemory offered;
  private final ReportRing ring;
  private final DeliveryMetrics metrics;
  private final Clock clock;

  /// @param images the image of now, once there is one
  public UpdatesRoute(
      Supplier<Optional<DeliveryImage>> images,
      OfferMemory offered,
      ReportRing ring,
      DeliveryMetrics metrics,
      Clock clock) {
    this.images = images;
    this.offered = offered;
    this.ring = ring;
    this.metrics = metrics;
    this.clock = clock;
  }

  public void register(Router router) {
    router.get("/updates").handler(routing -> DeviceHttp.answer(routing, Answers.OK.duplicate()));
    router
        .post("/updates")
        .handler(routing -> DeviceHttp.body(routing, MAX_BODY, body -> check(routing, body)));
  }

  private void check(RoutingContext routing, byte[] body) {
    switch (DeviceBody.read(body)) {
      case DeviceBody.One(var members) -> check(routing, members);
      case DeviceBody.NotJson() -> invalid(routing, Mistake.INVALID_JSON_PARSE_BODY);
      case DeviceBody.Many _, DeviceBody.TooMany _, DeviceBody.Other _ ->
          invalid(routing, Mistake.INVALID_JSON_BODY);
    }
  }

  private void check(RoutingContext routing, Members members) {
    switch (Requests.updateQuery(members)) {
      case Read.Invalid<UpdateQuery>(var mistake) -> invalid(routing, mistake);
      case Read.Valid<UpdateQuery>(var query) -> {
        var image = images.get();
        if (image.isEmpty()) {
          routing.response().putHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_READY);
          DeviceHttp.mistake(routing, Mistake.NOT_READY);
          return;
        }
        var decision = UpdateRules.decide(image.get(), query);
        DeviceHttp.answer(routing, Answers.decision(decision).duplicate());
        metrics.checked(decision);
        if (decision instanceof UpdateDecision.Offer offer) remember(offer, query);
      }
    }
  }

  private void invalid(RoutingContext routing, Mistake mistake) {
    metrics.invalidCheck();
    DeviceHttp.mistake(routing, mistake);
  }

  private void remember(UpdateDecision.Offer offer, UpdateQuery query) {
    var stamp = offer.stamp();
    if (stamp == null) return;
    var now = clock.instant();
    if (!offered.isFirst(stamp.rolloutId(), query.device(), now)) return;
    var event =
        new DeviceEvent.Offered(
            query.app(),
            offer.channel(),
            query.device(),
            query.platform(),
            offer.bundle().state().version(),
            stamp,
            now);
    if (!ring.offer(new Arrival.Offered(event))) metrics.dropped(1);
  }
}
