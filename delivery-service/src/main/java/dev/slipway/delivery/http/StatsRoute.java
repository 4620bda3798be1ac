package dev.slipway.delivery.http;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.delivery.DeliveryMetrics;
import dev.slipway.delivery.device.DeviceKeys;
import dev.slipway.delivery.image.Served;
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

  private final Supplier<Optional<Served>> served;
  private final ReportRing ring;
  private final Senders senders;
  private final DeliveryMetrics metrics;
  private final Clock clock;

  /// @param served what devices are answered from, once there is something
  public StatsRoute(
      Supplier<Optional<Served>> served,
      ReportRing ring,
      Senders senders,
      DeliveryMetrics metrics,
      Clock clock) {
    this.served = served;
    this.ring = ring;
    this.senders = senders;
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
    switch (Requests.report(members)) {
      case Read.Invalid<Report>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<Report>(var report) -> {
        var now = served.get();
        if (isUnknown(report.app(), now)) {
          DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
          return;
        }
        var sender = senders.of(routing);
        if (isWithinLimits(sender, report.device())) take(report, sender, now);
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
    var now = served.get();
    if (isUnknown(app.get(), now)) {
      DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
      return;
    }
    var sender = senders.of(routing);
    var results = new ArrayList<Optional<Mistake>>(items.size());
    boolean untried = true;
    boolean taken = true;
    for (var item : items) {
      switch (item == null ? null : Requests.report(item)) {
        case null -> results.add(Optional.of(Mistake.INVALID_JSON_BODY));
        case Read.Invalid<Report>(var mistake) -> results.add(Optional.of(mistake));
        case Read.Valid<Report>(var report) -> {
          // A batch is one device's, and counts as one call.
          if (untried) taken = isWithinLimits(sender, report.device());
          untried = false;
          if (taken) take(report, sender, now);
          results.add(Optional.empty());
        }
      }
    }
    DeviceHttp.answer(routing, Answers.results(results));
  }

  /// Turning it away would keep older plugins from ever reporting again.
  private boolean isWithinLimits(InetAddress sender, DeviceId device) {
    boolean within =
        senders.protection().within(sender, device.text().hashCode())
            instanceof Protection.Verdict.Pass;
    if (!within) metrics.dropped(1);
    return within;
  }

  private void take(Report report, InetAddress sender, Optional<Served> now) {
    if (now.isPresent()) learn(report, now.get());
    var arrival =
        new Arrival.Reported(
            report,
            Networks.prefix(sender),
            clock.instant(),
            now.filter(Served::live).orElse(null));
    if (!ring.offer(arrival)) metrics.dropped(1);
  }

  /// The device may ask again before telemetry knows of it.
  private void learn(Report report, Served served) {
    var fails = Failing.of(report.action());
    var version = report.version();
    if (fails == Failing.NOT || version.isEmpty() || version.equals(Version.BUILTIN.text())) return;
    var app = served.image().app(report.app().text());
    if (app == null) return;
    long device = served.devices().keys().device(app.hash(), report.device());
    int name = DeviceKeys.name(version);
    long now = clock.millis() / 1000;
    switch (fails) {
      case START -> served.devices().recentFailures().notStarted(device, name, now);
      case FETCH -> served.devices().recentFailures().notFetched(device, name, now);
      case NOT -> {}
    }
  }

  /// What a report says of the version that it names. Others tell of trouble too, but name the
  /// version that runs, or none.
  private enum Failing {
    START,
    FETCH,
    NOT;

    static Failing of(String action) {
      return switch (action) {
        case "update_fail", "set_fail" -> START;
        case "finish_download_fail",
            "download_manifest_checksum_fail",
            "download_manifest_brotli_fail",
            "manifest_path_fail" ->
            FETCH;
        default -> NOT;
      };
    }
  }

  /// Before there is an image nobody can tell; the report is kept until there is one.
  private static boolean isUnknown(AppId app, Optional<Served> now) {
    return now.isPresent() && now.get().live() && now.get().image().app(app.text()) == null;
  }
}
