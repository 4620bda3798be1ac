package dev.slipway.delivery.air;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.http.Problem;
import dev.slipway.delivery.air.UpdateDescriptor.Namespace;
import dev.slipway.delivery.http.DeviceHttp;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.Served;
import dev.slipway.delivery.image.Target;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Update descriptors for applications on Adobe AIR: of a channel's baseline, since the request
/// names no device, and of each release.
public final class AirRoute {

  private static final String APP = "/v1/apps/:app/";

  private final Supplier<Optional<Served>> served;
  private final URI downloadUrl;

  /// @param served what devices are answered from, once there is something
  /// @param downloadUrl where devices fetch packages
  public AirRoute(Supplier<Optional<Served>> served, URI downloadUrl) {
    this.served = served;
    this.downloadUrl = downloadUrl;
  }

  public void register(Router router) {
    for (var method : List.of(HttpMethod.GET, HttpMethod.HEAD)) {
      router.route(method, APP + "channels/:channel/air/update.xml").handler(this::channel);
      router.route(method, APP + "releases/:version/update.xml").handler(this::release);
    }
  }

  private void channel(RoutingContext routing) {
    var app = app(routing);
    if (app == null) return;
    var channel = app.channel(String.valueOf(routing.pathParam("channel")));
    var bundle =
        channel != null && channel.baseline() instanceof Target.Published(var baseline)
            ? baseline.state()
            : null;
    answer(routing, bundle, "public, max-age=60");
  }

  private void release(RoutingContext routing) {
    var app = app(routing);
    if (app == null) return;
    var version = String.valueOf(routing.pathParam("version"));
    var bundle = Version.isValid(version) ? app.bundles().get(Version.of(version)) : null;
    answer(
        routing,
        bundle == null || !bundle.isPublished() ? null : bundle.state(),
        "public, max-age=31536000, immutable");
  }

  private @Nullable AppImage app(RoutingContext routing) {
    var now = served.get();
    if (now.isEmpty()) {
      DeviceHttp.notReady(routing);
      return null;
    }
    var app = now.get().image().app(String.valueOf(routing.pathParam("app")));
    if (app == null) DeviceHttp.notFound(routing);
    return app;
  }

  private void answer(RoutingContext routing, @Nullable BundleState bundle, String caching) {
    var air = bundle == null ? null : bundle.air();
    if (bundle == null || air == null) {
      DeviceHttp.notFound(routing);
      return;
    }
    var asked = routing.request().getParam("namespace");
    var namespace = namespace(asked == null ? air.namespace() : asked);
    if (namespace == null) {
      DeviceHttp.problem(
          routing,
          Problem.of(
              422, "value-invalid", "namespace is 1.0 or 2.5.", Map.of("parameter", "namespace")));
      return;
    }
    var url =
        URI.create(
            downloadUrl.toString().replaceAll("/+$", "")
                + "/v1/apps/"
                + bundle.appId()
                + "/blobs/"
                + (air.id() == null ? bundle.manifest() : air.id()));
    routing
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/xml; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, caching)
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(Buffer.buffer(UpdateDescriptor.of(bundle, air, namespace, url)));
  }

  private static @Nullable Namespace namespace(String text) {
    for (var namespace : Namespace.values()) {
      if (namespace.text().equals(text)) return namespace;
    }
    return null;
  }
}
