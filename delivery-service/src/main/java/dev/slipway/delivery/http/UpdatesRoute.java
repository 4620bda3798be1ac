package dev.slipway.delivery.http;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.FileSizes;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Mistake;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Requests;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.FleetCounter;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The stock plugin's update check.
public final class UpdatesRoute {

  static final int MAX_BODY = 16 << 10;
  private static final int MAX_LIST = 1 << 20;

  /// What an update check leaves behind.
  public record Traces(OfferMemory offered, FleetCounter fleets, ReportRing ring) {}

  private final Supplier<Optional<Served>> served;
  private final Senders senders;
  private final Traces traces;
  private final DeliveryMetrics metrics;
  private final Clock clock;

  /// @param served what devices are answered from, once there is something
  public UpdatesRoute(
      Supplier<Optional<Served>> served,
      Senders senders,
      Traces traces,
      DeliveryMetrics metrics,
      Clock clock) {
    this.served = served;
    this.senders = senders;
    this.traces = traces;
    this.metrics = metrics;
    this.clock = clock;
  }

  public void register(Router router) {
    // Asked by people and by what watches the service, not by plugins.
    for (var method : List.of(HttpMethod.GET, HttpMethod.HEAD)) {
      router
          .route(method, "/updates")
          .handler(routing -> DeviceHttp.answer(routing, Answers.OK.duplicate()));
    }
    router
        .post("/updates")
        .handler(
            routing -> {
              long start = System.nanoTime();
              DeviceHttp.body(
                  routing,
                  MAX_BODY,
                  body -> {
                    check(routing, body);
                    metrics.checkTook(System.nanoTime() - start);
                  });
            });
    router
        .post("/updates/manifest_size")
        .handler(routing -> DeviceHttp.body(routing, MAX_LIST, body -> sizes(routing, body)));
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
        var now = served.get();
        if (now.isEmpty()) {
          // To a plugin any other status is a failed update, which it reports as a download_fail.
          DeviceHttp.answer(routing, Answers.NOTHING_KNOWN_YET.duplicate());
        } else if (senders.admit(routing, query.device())) {
          check(routing, query, now.get());
        }
      }
    }
  }

  private void check(RoutingContext routing, UpdateQuery query, Served served) {
    long now = clock.millis() / 1000;
    var app = served.image().app(query.app());
    if (app == null) {
      metrics.checked(UpdateRules.APP_NOT_FOUND);
      if (!senders.admitMiss(routing)) return;
      DeviceHttp.answer(routing, Answers.decision(UpdateRules.APP_NOT_FOUND).duplicate());
      return;
    }
    long device = served.devices().keys().device(app.hash(), query.device());
    var decision = UpdateRules.decide(served.image(), app, served.devices(), device, query, now);
    metrics.checked(decision);
    DeviceHttp.answer(routing, Answers.decision(decision).duplicate());
    if (served.live()) trace(decision, query, served, app, device, now);
  }

  /// What is told of a check: an offer of a candidate, and that there is such a device.
  private void trace(
      UpdateDecision decision,
      UpdateQuery query,
      Served served,
      AppImage app,
      long device,
      long now) {
    if (decision instanceof UpdateDecision.Offer offer && offer.candidate()) {
      remember(offer, query, app, device, now);
    }
    if (!traces.fleets().isDue(device, now)) return;
    var channel = UpdateRules.channelOf(app, served.devices(), device, query.facts());
    if (channel == null) return;
    traces
        .fleets()
        .count(
            channel.state(),
            query.facts().platform(),
            query.facts().build().toString(),
            query.device());
  }

  private void invalid(RoutingContext routing, Mistake mistake) {
    metrics.invalidCheck();
    DeviceHttp.mistake(routing, mistake);
  }

  private void remember(
      UpdateDecision.Offer offer, UpdateQuery query, AppImage app, long device, long now) {
    var rollout = offer.channel().state().rollout();
    if (rollout == null || !traces.offered().isFirst(rollout.rolloutId(), device, now)) return;
    var stamp = UpdateRules.stamp(app, offer.channel(), query.device(), query.facts());
    if (stamp == null) return;
    var event =
        new DeviceEvent.Offered(
            app.registered().appId(),
            offer.channel().state().channel(),
            query.device(),
            query.facts().platform(),
            offer.bundle().state().version(),
            stamp,
            clock.instant());
    if (!traces.ring().offer(new Arrival.Offered(event))) metrics.dropped(1);
  }

  private void sizes(RoutingContext routing, byte[] body) {
    switch (FileSizes.read(body)) {
      case Read.Invalid<FileSizes>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<FileSizes>(var asked) -> {
        var now = served.get();
        if (now.isEmpty()) {
          DeviceHttp.later(routing, Mistake.NOT_READY);
          return;
        }
        if (!senders.admitNetwork(routing)) return;
        var app = now.get().image().app(asked.app());
        if (app == null) {
          if (senders.admitMiss(routing)) DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
        } else {
          DeviceHttp.answer(routing, Answers.sizes(asked.files(), sizes(app, asked.version())));
        }
      }
    }
  }

  private static Map<String, Long> sizes(AppImage app, String version) {
    if (!Version.isValid(version)) return Map.of();
    var bundle = app.bundles().get(Version.of(version));
    return bundle == null || bundle.files() == null ? Map.of() : bundle.files().sizes();
  }
}
