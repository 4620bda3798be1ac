package dev.slipway.delivery.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.agent.AgentAnswer;
import dev.slipway.contracts.agent.AgentCheck;
import dev.slipway.contracts.agent.AgentReports;
import dev.slipway.contracts.agent.NewDevice;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.http.Problem;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.agent.AgentDecision.LineageEnded;
import dev.slipway.delivery.agent.AgentDecision.NoChannel;
import dev.slipway.delivery.agent.AgentDecision.Nothing;
import dev.slipway.delivery.agent.AgentDecision.Offer;
import dev.slipway.delivery.agent.AgentDecision.ToBuiltin;
import dev.slipway.delivery.agent.RequestSignature.Outcome;
import dev.slipway.delivery.http.DeviceHttp;
import dev.slipway.delivery.http.Senders;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.Networks;
import dev.slipway.delivery.report.OfferMemory;
import dev.slipway.delivery.report.ReportRing;
import dev.slipway.kit.http.JsonMistake;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Slipway's own protocol on the device's side: `/v1/apps/{app}/check`, `…/reports` and
/// `…/devices`. Answers from memory, on the event loop.
public final class AgentRoute {

  private static final String PATH = "/v1/apps/:app/";
  private static final int MAX_CHECK = 32 << 10;

  /// 50 events of at most 4 KiB.
  private static final int MAX_REPORTS = 256 << 10;

  private static final int MAX_ENROLMENT = 4 << 10;

  /// What agents are told besides what there is to install.
  ///
  /// @param publicUrl where devices reach this service
  /// @param downloadUrl where they fetch blobs; the same, or a cache in front of the object store
  /// @param pollEvery when to ask again, on average; each device is told up to a fifth more or less
  /// @param offerLife how long reports may follow an offer
  /// @param reinstallUrl what a device shows its user that must be installed anew
  public record Terms(
      URI publicUrl,
      URI downloadUrl,
      Duration pollEvery,
      Duration offerLife,
      Optional<URI> reinstallUrl) {}

  private final Supplier<Optional<Served>> served;
  private final Senders senders;
  private final TokenKeys keys;
  private final Enrolments enrolments;
  private final RequestSignature signatures;
  private final Terms terms;
  private final OfferMemory offered;
  private final ReportRing ring;
  private final DeliveryMetrics metrics;
  private final Clock clock;

  /// @param served what devices are answered from, once there is something
  public AgentRoute(
      Supplier<Optional<Served>> served,
      Senders senders,
      TokenKeys keys,
      Terms terms,
      OfferMemory offered,
      ReportRing ring,
      DeliveryMetrics metrics,
      Clock clock) {
    this.served = served;
    this.senders = senders;
    this.keys = keys;
    this.enrolments = new Enrolments(keys);
    this.signatures = new RequestSignature(enrolments);
    this.terms = terms;
    this.offered = offered;
    this.ring = ring;
    this.metrics = metrics;
    this.clock = clock;
  }

  public void register(Router router) {
    router
        .post(PATH + "check")
        .handler(routing -> DeviceHttp.body(routing, MAX_CHECK, body -> check(routing, body)));
    router
        .post(PATH + "reports")
        .handler(routing -> DeviceHttp.body(routing, MAX_REPORTS, body -> reports(routing, body)));
    router
        .post(PATH + "devices")
        .handler(routing -> DeviceHttp.body(routing, MAX_ENROLMENT, body -> enrol(routing, body)));
  }

  /// The app that a request names, and what is known.
  private record Known(Served served, AppImage app) {}

  private void check(RoutingContext routing, byte[] body) {
    var check = read(routing, body, AgentCheck.class);
    if (check == null || !senders.admit(routing, check.deviceId())) return;
    var known = known(routing);
    if (known == null) return;
    var now = clock.instant();
    var decision =
        AgentRules.decide(
            known.served().image(),
            known.served().devices(),
            known.app(),
            check,
            now.getEpochSecond());
    switch (decision) {
      case NoChannel() ->
          DeviceHttp.problem(
              routing,
              Problem.of(
                  404, "no-channel", "No channel of the app is open to this device.", Map.of()));
      case LineageEnded() ->
          DeviceHttp.problem(
              routing,
              Problem.of(
                  410,
                  "lineage-ended",
                  "The app's releases are signed by another publisher now, and no release hands"
                      + " over to it from the certificate that the device trusts. Install the app"
                      + " anew.",
                  terms
                      .reinstallUrl()
                      .<Map<String, Object>>map(url -> Map.of("reinstall_url", url.toString()))
                      .orElse(Map.of())));
      case Nothing(var channel, _) -> answer(routing, channel, null, false);
      case ToBuiltin(var channel) -> answer(routing, channel, null, true);
      case Offer offer -> offer(routing, known, check, offer, now);
    }
    metrics.agentChecked(decision.getClass().getSimpleName());
  }

  private void offer(
      RoutingContext routing, Known known, AgentCheck check, Offer offer, Instant now) {
    var bundle = offer.bundle();
    var stamp = AgentRules.stamp(offer.channel(), check.deviceId(), AgentRules.facts(check));
    var rollout = offer.candidate() && stamp != null ? stamp.rolloutId() : null;
    var app = known.app().registered().appId();
    var token =
        new OfferToken(
            offerId(check, bundle, rollout, now),
            check.deviceId(),
            app,
            bundle.version(),
            rollout,
            now,
            now.plus(terms.offerLife()));
    answer(
        routing,
        offer.channel(),
        new AgentAnswer.Offer(
            bundle.version(),
            address(terms.publicUrl(), app, "bundles/" + bundle.manifest()),
            address(terms.downloadUrl(), app, "blobs/"),
            bundle.totalSize(),
            token.seal(keys),
            offer.steppingStone()),
        false);
    if (rollout == null
        || stamp == null
        || offer.steppingStone()
        || !known.served().live()
        || !offered.isFirst(
            rollout,
            known.served().devices().keys().device(known.app().hash(), check.deviceId()),
            now.getEpochSecond())) {
      return;
    }
    var event =
        new DeviceEvent.Offered(
            app,
            offer.channel().state().channel(),
            check.deviceId(),
            check.platform(),
            bundle.version(),
            stamp,
            now);
    if (!ring.offer(new Arrival.Offered(event))) metrics.dropped(1);
  }

  /// The same for the same offer within the hour, so that a repeated check is no second offer.
  private static String offerId(
      AgentCheck check, BundleState bundle, @Nullable RolloutId rollout, Instant now) {
    var text =
        check.deviceId()
            + "/"
            + bundle.manifest()
            + "/"
            + rollout
            + "/"
            + now.getEpochSecond() / 3600;
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8)).text().substring(0, 22);
  }

  private void answer(
      RoutingContext routing,
      ChannelImage channel,
      AgentAnswer.@Nullable Offer offer,
      boolean builtin) {
    var statement = channel.state().statement();
    json(
        routing,
        200,
        new AgentAnswer(
            statement == null ? null : statement.jws(),
            statement == null ? List.of() : statement.delegations(),
            offer,
            builtin,
            pollAfter()));
  }

  /// Devices that were told at the same time don't come back at the same time.
  private Duration pollAfter() {
    long millis = terms.pollEvery().toMillis();
    long jitter = ThreadLocalRandom.current().nextLong(-millis / 5, millis / 5 + 1);
    return Duration.ofSeconds(Math.max(1, (millis + jitter) / 1000));
  }

  private void reports(RoutingContext routing, byte[] body) {
    var reports = read(routing, body, AgentReports.class);
    if (reports == null) return;
    var now = clock.instant();
    var known = known(routing);
    if (known == null) return;
    var app = known.app().registered().appId();
    var request = routing.request();
    var signature =
        signatures.check(
            app,
            request.method().name(),
            String.valueOf(request.path()),
            headers(request),
            body,
            now);
    if (signature instanceof Outcome.Broken(var why)) {
      DeviceHttp.problem(routing, Problem.of(401, "signature-invalid", why + ".", Map.of()));
      return;
    }
    Optional<OfferToken> token = Optional.empty();
    if (reports.offerToken() != null) {
      token = OfferToken.open(keys, reports.offerToken(), now).filter(it -> it.appId().equals(app));
      if (token.isEmpty()) {
        DeviceHttp.problem(
            routing,
            Problem.of(
                401,
                "offer-invalid",
                "The offer token is not one of this service for this app, or has run out.",
                Map.of()));
        return;
      }
    }
    var sender = new Sender(reports, token, signature);
    if (!senders.admit(routing, sender.device())) return;
    for (var event : reports.events()) {
      var arrival = arrival(sender, event, Networks.prefix(senders.of(routing)), now, known);
      if (!ring.offer(arrival)) metrics.dropped(1);
    }
    DeviceHttp.answer(routing, 202, ByteBuffer.wrap("{}".getBytes(StandardCharsets.US_ASCII)));
  }

  /// Who reports. What is proved stands above what the body says.
  private record Sender(AgentReports reports, Optional<OfferToken> token, Outcome signature) {
    DeviceId device() {
      if (signature instanceof Outcome.Signed(var device)) return device.deviceId();
      return token.map(OfferToken::deviceId).orElse(reports.deviceId());
    }

    @Nullable Instant enrolledAt() {
      return signature instanceof Outcome.Signed(var device) ? device.enrolledAt() : null;
    }

    /// Without a token nothing says that the version was ever offered; an enrolled device is
    /// believed all the same.
    boolean counts(AgentReports.Event event) {
      return signature instanceof Outcome.Signed
          || token.isPresent() && token.get().version().equals(event.version());
    }
  }

  private static Arrival arrival(
      Sender sender, AgentReports.Event event, byte[] network, Instant now, Known known) {
    return new Arrival.Stamped(
        event(sender, event, now, known),
        known.app().registered(),
        network,
        later ->
            Optional.ofNullable(later.image().app(known.app().name()))
                .map(app -> event(sender, event, now, new Known(later, app))));
  }

  private static DeviceEvent.Reported event(
      Sender sender, AgentReports.Event event, Instant now, Known known) {
    var reports = sender.reports();
    var facts =
        new AgentFacts(reports.platform(), reports.nativeVersion(), reports.osVersion(), Map.of());
    var device = sender.device();
    var channel =
        AgentRules.channelOf(
            known.app(), known.served().devices(), device, reports.channel(), facts);
    return new DeviceEvent.Reported(
        known.app().registered().appId(),
        channel == null ? null : channel.state().channel(),
        device,
        reports.platform(),
        event.event().name().toLowerCase(Locale.ROOT),
        event.version().text(),
        event.prevVersion() == null ? null : event.prevVersion().text(),
        null,
        event.at().isAfter(now) ? now : event.at(),
        "",
        sender.counts(event),
        event.reason(),
        sender.enrolledAt(),
        channel == null || !known.served().live() ? null : stamp(sender, channel, facts),
        now);
  }

  private static @Nullable Stamp stamp(Sender sender, ChannelImage channel, AgentFacts facts) {
    var offered = sender.token().map(OfferToken::rolloutId).orElse(null);
    var stamp = offered == null ? null : AgentRules.stampOfOffer(channel, sender.device(), offered);
    return stamp == null ? AgentRules.stamp(channel, sender.device(), facts) : stamp;
  }

  private void enrol(RoutingContext routing, byte[] body) {
    if (!senders.admitNetwork(routing)) return;
    var device = read(routing, body, NewDevice.class);
    if (device == null) return;
    var known = known(routing);
    if (known == null) return;
    var app = known.app().registered();
    enrolments
        .enrol(app.appId(), app.enrolmentToken(), device, clock.instant())
        .ifPresentOrElse(
            enrolment -> json(routing, 201, enrolment),
            () ->
                DeviceHttp.problem(
                    routing,
                    Problem.of(
                        403,
                        "enrolment-refused",
                        "The enrolment token is not the app's, or the signature not by the key.",
                        Map.of())));
  }

  private static RequestSignature.Headers headers(HttpServerRequest request) {
    return new RequestSignature.Headers(
        request.getHeader("Slipway-Enrolment"),
        request.getHeader("Content-Digest"),
        request.getHeader("Signature-Input"),
        request.getHeader("Signature"));
  }

  private @Nullable Known known(RoutingContext routing) {
    var now = served.get();
    if (now.isEmpty()) {
      DeviceHttp.notReady(routing);
      return null;
    }
    var id = routing.pathParam("app");
    var app = id == null ? null : now.get().image().app(id);
    if (app != null) return new Known(now.get(), app);
    if (senders.admitMiss(routing)) DeviceHttp.notFound(routing);
    return null;
  }

  private static <T> @Nullable T read(RoutingContext routing, byte[] body, Class<T> type) {
    try {
      return Json.LENIENT.readValue(body, type);
    } catch (JsonProcessingException e) {
      DeviceHttp.problem(routing, JsonMistake.problem(e));
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can be read", e);
    }
  }

  private static void json(RoutingContext routing, int status, Object value) {
    try {
      DeviceHttp.answer(routing, status, ByteBuffer.wrap(Json.LENIENT.writeValueAsBytes(value)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer that cannot be written", e);
    }
  }

  private static URI address(URI base, AppId app, String rest) {
    return URI.create(base.toString().replaceAll("/+$", "") + "/v1/apps/" + app + "/" + rest);
  }
}
