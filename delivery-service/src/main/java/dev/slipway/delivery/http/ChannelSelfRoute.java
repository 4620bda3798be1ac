package dev.slipway.delivery.http;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.device.Platform;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.ChannelCall;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.ListCall;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Mistake;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Requests;
import dev.slipway.delivery.report.Arrival;
import dev.slipway.delivery.report.ReportRing;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The stock plugin's channel of its own. Newer plugins keep it on the device and ask only whether
/// they may; for older ones it is kept here, on `device-channels`. Where an operator has put a
/// device on a channel, that stands above.
public final class ChannelSelfRoute {

  private static final int MAX_BODY = 16 << 10;
  private static final String USUAL_CHANNEL = "production";

  private final Supplier<Optional<Served>> served;
  private final Senders senders;
  private final ReportRing ring;
  private final Clock clock;

  /// @param served what devices are answered from, once there is something
  public ChannelSelfRoute(
      Supplier<Optional<Served>> served, Senders senders, ReportRing ring, Clock clock) {
    this.served = served;
    this.senders = senders;
    this.ring = ring;
    this.clock = clock;
  }

  /// A device and what is known of it.
  private record Asking(ChannelCall call, AppImage app, Devices devices, long device) {
    boolean keepsChannel() {
      return call.facts().plugin().keepsChannel();
    }

    Platform platform() {
      return call.facts().platform();
    }

    @Nullable ChannelImage put() {
      return app.channelOfHash(devices.overrideOf(device));
    }

    @Nullable ChannelImage chosen() {
      return app.channelOfHash(devices.choiceOf(device));
    }
  }

  public void register(Router router) {
    router
        .post("/channel_self")
        .handler(
            routing -> DeviceHttp.body(routing, MAX_BODY, body -> read(routing, body, this::set)));
    router
        .put("/channel_self")
        .handler(
            routing -> DeviceHttp.body(routing, MAX_BODY, body -> read(routing, body, this::get)));
    router
        .delete("/channel_self")
        .handler(
            routing ->
                parameters(routing).ifPresent(members -> call(routing, members, this::unset)));
    router
        .get("/channel_self")
        .handler(routing -> parameters(routing).ifPresent(members -> list(routing, members)));
  }

  private void read(RoutingContext routing, byte[] body, Function<Asking, ByteBuffer> then) {
    switch (DeviceBody.read(body)) {
      case DeviceBody.One(var members) -> call(routing, members, then);
      case DeviceBody.NotJson() -> DeviceHttp.mistake(routing, Mistake.INVALID_JSON_PARSE_BODY);
      case DeviceBody.Many _, DeviceBody.TooMany _, DeviceBody.Other _ ->
          DeviceHttp.mistake(routing, Mistake.INVALID_JSON_BODY);
    }
  }

  private void call(RoutingContext routing, Members members, Function<Asking, ByteBuffer> answer) {
    switch (Requests.channelCall(members)) {
      case Read.Invalid<ChannelCall>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<ChannelCall>(var call) -> {
        if (served.get().isPresent() && !senders.admit(routing, call.device())) return;
        withApp(
            routing,
            call.app().text(),
            (app, now) ->
                answer.apply(
                    new Asking(
                        call,
                        app,
                        now.devices(),
                        now.devices().keys().device(app.hash(), call.device()))));
      }
    }
  }

  private ByteBuffer set(Asking asking) {
    var call = asking.call();
    // The Electron updater takes its wish back this way, and keeps it by itself.
    if (call.facts().plugin().isElectron0() && "unset".equals(call.action())) return Answers.OK;
    if (call.channel() == null) return Answers.mistake(Mistake.MISSING_CHANNEL);
    var channel = asking.app().channel(call.channel());
    if (channel == null || !channel.serves(asking.platform())) {
      return Answers.mistake(Mistake.CHANNEL_NOT_FOUND);
    }
    var rules = channel.state().rules();
    if (!rules.selfAssign()) {
      return Answers.mistake(
          rules.open()
              ? Mistake.PUBLIC_CHANNEL_SELF_SET_NOT_ALLOWED
              : Mistake.CHANNEL_SELF_SET_NOT_ALLOWED);
    }
    if (asking.keepsChannel()) return Answers.channelAllowed();
    if (asking.put() != null) return Answers.mistake(Mistake.OVERRIDE_NOT_ALLOWED);
    // Going back to the default needs no memory.
    boolean isDefault = channel.equals(asking.app().openTo(asking.platform()));
    if (isDefault && asking.chosen() == null || channel.equals(asking.chosen())) return Answers.OK;
    return store(asking, isDefault ? null : channel.state().channel());
  }

  private ByteBuffer get(Asking asking) {
    var call = asking.call();
    var byDefault = asking.app().openTo(asking.platform());
    if (asking.keepsChannel()) {
      if (call.channel() != null) return Answers.channelChosen(call.channel());
      if (call.defaultChannel() != null) return Answers.channelByDefault(call.defaultChannel());
      return Answers.channelByDefault(byDefault == null ? USUAL_CHANNEL : name(byDefault));
    }
    var stored = asking.put() == null ? asking.chosen() : asking.put();
    if (stored != null) return Answers.channelChosen(name(stored));
    var channel =
        call.defaultChannel() == null ? byDefault : asking.app().channel(call.defaultChannel());
    return channel == null
        ? Answers.mistake(Mistake.CHANNEL_NOT_FOUND)
        : Answers.channelByDefault(name(channel));
  }

  private ByteBuffer unset(Asking asking) {
    if (asking.keepsChannel()) return Answers.OK;
    return asking.chosen() == null ? Answers.mistake(Mistake.CANNOT_OVERRIDE) : store(asking, null);
  }

  /// Holds here at once, and everywhere as soon as Kafka has taken it.
  private ByteBuffer store(Asking asking, @Nullable ChannelName channel) {
    var now = clock.instant();
    var call = asking.call();
    var chosen = new Arrival.Chosen(call.app(), call.device(), channel, now.toEpochMilli(), now);
    if (!ring.offer(chosen)) return Answers.mistake(Mistake.NOT_STORED);
    asking.devices().choose(asking.device(), channel, now.toEpochMilli());
    return Answers.OK;
  }

  private void list(RoutingContext routing, Members members) {
    switch (Requests.listCall(members)) {
      case Read.Invalid<ListCall>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<ListCall>(var call) -> {
        if (served.get().isPresent() && !senders.admitNetwork(routing)) return;
        withApp(routing, call.app().text(), (app, _) -> list(app, call));
      }
    }
  }

  private static ByteBuffer list(AppImage app, ListCall call) {
    if (!call.isElectron0()) return Answers.channels(choice(app, call));
    if ("list".equals(call.action())) return Answers.electronChannels(choice(app, call));
    var channel =
        call.defaultChannel() == null
            ? app.openTo(call.platform())
            : app.onRequest(call.defaultChannel(), call.platform());
    return channel == null
        ? Answers.mistake(Mistake.CHANNEL_NOT_FOUND)
        : Answers.electronChannel(name(channel), channel.state().rules().selfAssign());
  }

  private static List<ChannelImage> choice(AppImage app, ListCall call) {
    return app.channels().values().stream()
        .filter(channel -> channel.serves(call.platform()) && channel.isOnRequest())
        .filter(
            channel -> {
              var rules = channel.state().rules();
              return (call.emulator() ? rules.emulators() : rules.devices())
                  && (call.release() ? rules.releaseBuilds() : rules.debugBuilds());
            })
        .toList();
  }

  private static String name(ChannelImage channel) {
    return channel.state().channel().text();
  }

  /// The parameters of the address; it has been answered otherwise where they are none.
  private static Optional<Members> parameters(RoutingContext routing) {
    try {
      return Optional.of(Members.of(routing.queryParams().entries()));
    } catch (HttpException | IllegalArgumentException e) {
      DeviceHttp.mistake(routing, Mistake.INVALID_QUERY_PARAMETERS);
      return Optional.empty();
    }
  }

  private void withApp(
      RoutingContext routing, String id, BiFunction<AppImage, Served, ByteBuffer> answer) {
    var now = served.get();
    if (now.isEmpty()) {
      DeviceHttp.later(routing, Mistake.NOT_READY);
      return;
    }
    var app = now.get().image().app(id);
    if (app == null) {
      if (senders.admitMiss(routing)) DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
      return;
    }
    var json = answer.apply(app, now.get());
    if (json == Answers.mistake(Mistake.NOT_STORED)) {
      DeviceHttp.later(routing, Mistake.NOT_STORED);
    } else {
      DeviceHttp.answer(routing, json.duplicate());
    }
  }
}
