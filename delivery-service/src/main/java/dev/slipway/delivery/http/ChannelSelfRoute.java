package dev.slipway.delivery.http;

import dev.slipway.bundle.AppId;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.ChannelImage;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.protocol.Answers;
import dev.slipway.delivery.protocol.ChannelCall;
import dev.slipway.delivery.protocol.DeviceBody;
import dev.slipway.delivery.protocol.ListCall;
import dev.slipway.delivery.protocol.Members;
import dev.slipway.delivery.protocol.Mistake;
import dev.slipway.delivery.protocol.Read;
import dev.slipway.delivery.protocol.Requests;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// The stock plugin's channel of its own. Newer plugins keep it on the device and ask only whether
/// they may; for older ones the server would have to keep it, which this one does not.
public final class ChannelSelfRoute {

  private static final int MAX_BODY = 16 << 10;
  private static final String USUAL_CHANNEL = "production";
  private static final String SECONDS_UNTIL_READY = "5";

  private final Supplier<Optional<DeliveryImage>> images;

  /// @param images the image of now, once there is one
  public ChannelSelfRoute(Supplier<Optional<DeliveryImage>> images) {
    this.images = images;
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
        .handler(routing -> call(routing, parameters(routing), this::unset));
    router.get("/channel_self").handler(this::list);
  }

  private void read(
      RoutingContext routing, byte[] body, BiConsumer<RoutingContext, ChannelCall> then) {
    switch (DeviceBody.read(body)) {
      case DeviceBody.One(var members) -> call(routing, members, then);
      case DeviceBody.NotJson() -> DeviceHttp.mistake(routing, Mistake.INVALID_JSON_PARSE_BODY);
      case DeviceBody.Many _, DeviceBody.TooMany _, DeviceBody.Other _ ->
          DeviceHttp.mistake(routing, Mistake.INVALID_JSON_BODY);
    }
  }

  private void call(
      RoutingContext routing, Members members, BiConsumer<RoutingContext, ChannelCall> then) {
    switch (Requests.channelCall(members)) {
      case Read.Invalid<ChannelCall>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<ChannelCall>(var call) -> then.accept(routing, call);
    }
  }

  private void set(RoutingContext routing, ChannelCall call) {
    withApp(
        routing,
        call.app(),
        app -> {
          // The Electron updater takes its wish back this way, and keeps it by itself.
          if (call.plugin().isElectron0() && "unset".equals(call.action())) return Answers.OK;
          if (call.channel() == null) return Answers.mistake(Mistake.MISSING_CHANNEL);
          var channel = app.channel(call.channel()).filter(found -> found.serves(call.platform()));
          if (channel.isEmpty()) return Answers.mistake(Mistake.CHANNEL_NOT_FOUND);
          var rules = channel.get().state().rules();
          if (!rules.selfAssign()) {
            return Answers.mistake(
                rules.open()
                    ? Mistake.PUBLIC_CHANNEL_SELF_SET_NOT_ALLOWED
                    : Mistake.CHANNEL_SELF_SET_NOT_ALLOWED);
          }
          if (call.plugin().keepsChannel()) return Answers.channelAllowed();
          // Going back to the default needs no memory.
          return app.openTo(call.platform()).equals(channel)
              ? Answers.OK
              : Answers.mistake(Mistake.OVERRIDE_NOT_ALLOWED);
        });
  }

  private void get(RoutingContext routing, ChannelCall call) {
    withApp(
        routing,
        call.app(),
        app -> {
          if (call.plugin().keepsChannel()) {
            if (call.channel() != null) return Answers.channelChosen(call.channel());
            return Answers.channelByDefault(
                call.defaultChannel() != null
                    ? call.defaultChannel()
                    : name(app.openTo(call.platform())).orElse(USUAL_CHANNEL));
          }
          // Nothing is stored for it, so the default it is.
          var channel =
              call.defaultChannel() == null
                  ? app.openTo(call.platform())
                  : app.channel(call.defaultChannel());
          return name(channel)
              .map(Answers::channelByDefault)
              .orElseGet(() -> Answers.mistake(Mistake.CHANNEL_NOT_FOUND));
        });
  }

  private void unset(RoutingContext routing, ChannelCall call) {
    withApp(
        routing,
        call.app(),
        _ -> call.plugin().keepsChannel() ? Answers.OK : Answers.mistake(Mistake.CANNOT_OVERRIDE));
  }

  private void list(RoutingContext routing) {
    switch (Requests.listCall(parameters(routing))) {
      case Read.Invalid<ListCall>(var mistake) -> DeviceHttp.mistake(routing, mistake);
      case Read.Valid<ListCall>(var call) ->
          withApp(
              routing,
              call.app(),
              app -> {
                if (!call.isElectron0()) return Answers.channels(choice(app, call));
                if ("list".equals(call.action())) {
                  return Answers.electronChannels(choice(app, call));
                }
                var channel = app.channelOf(call.defaultChannel(), call.platform());
                return channel.isEmpty()
                    ? Answers.mistake(Mistake.CHANNEL_NOT_FOUND)
                    : Answers.electronChannel(
                        channel.get().state().channel().text(),
                        channel.get().state().rules().selfAssign());
              });
    }
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

  private static Optional<String> name(Optional<ChannelImage> channel) {
    return channel.map(found -> found.state().channel().text());
  }

  private static Members parameters(RoutingContext routing) {
    return Members.of(routing.queryParams().entries());
  }

  private void withApp(RoutingContext routing, AppId id, Function<AppImage, ByteBuffer> answer) {
    var image = images.get();
    if (image.isEmpty()) {
      routing.response().putHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_READY);
      DeviceHttp.mistake(routing, Mistake.NOT_READY);
      return;
    }
    var app = image.get().app(id);
    if (app.isEmpty()) {
      DeviceHttp.mistake(routing, Mistake.APP_NOT_FOUND);
    } else {
      DeviceHttp.answer(routing, answer.apply(app.get()).duplicate());
    }
  }
}
