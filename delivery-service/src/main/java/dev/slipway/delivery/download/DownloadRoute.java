package dev.slipway.delivery.download;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.http.Problem;
import dev.slipway.delivery.http.DeviceHttp;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.DeliveryImage;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Bundles and their parts, straight from the object store: each download on a virtual thread of
/// its own, which goes on when the device has taken what it was sent.
public final class DownloadRoute {

  private static final Logger LOG = Logger.getLogger(DownloadRoute.class);
  private static final int CHUNK = 32 << 10;

  /// A device that takes nothing for so long is gone.
  private static final Duration STALLED = Duration.ofSeconds(60);

  private static final String SECONDS_UNTIL_ROOM = "5";
  private static final Set<String> RELEASE_FILES =
      Set.of("manifest.jws.json", "bundle.json", "certificate.pem");

  private static final String PATH = "/v1/apps/:app/";

  private final Supplier<Optional<DeliveryImage>> images;
  private final Bundles bundles;
  private final Semaphore room;
  private final boolean redirects;

  /// @param images the image of now, once there is one
  /// @param atOnce how many downloads run at the same time
  /// @param redirects whether devices are sent to the object store instead
  public DownloadRoute(
      Supplier<Optional<DeliveryImage>> images, Bundles bundles, int atOnce, boolean redirects) {
    this.images = images;
    this.bundles = bundles;
    this.room = new Semaphore(atOnce);
    this.redirects = redirects;
  }

  public void register(Router router) {
    for (var method : new HttpMethod[] {HttpMethod.GET, HttpMethod.HEAD}) {
      router
          .route(method, PATH + "bundles/:digest")
          .handler(routing -> download(routing, "bundles"));
      router.route(method, PATH + "blobs/:digest").handler(routing -> download(routing, "blobs"));
      router.route(method, PATH + "releases/:version/:file").handler(this::release);
    }
  }

  private void download(RoutingContext routing, String kind) {
    var image = images.get();
    if (image.isEmpty()) {
      DeviceHttp.notReady(routing);
      return;
    }
    var key = key(image.get(), kind, routing.pathParam("app"), routing.pathParam("digest"));
    if (key.isEmpty()) {
      DeviceHttp.notFound(routing);
    } else {
      serveInRoom(routing, key.get());
    }
  }

  /// A file of a release's folder, whose address never changes.
  private void release(RoutingContext routing) {
    var image = images.get();
    if (image.isEmpty()) {
      DeviceHttp.notReady(routing);
      return;
    }
    var file = routing.pathParam("file");
    var app = image.get().app(String.valueOf(routing.pathParam("app")));
    var version = String.valueOf(routing.pathParam("version"));
    var bundle =
        app == null || !Version.isValid(version) ? null : app.bundles().get(Version.of(version));
    if (bundle == null || file == null || !RELEASE_FILES.contains(file)) {
      DeviceHttp.notFound(routing);
    } else if (!bundle.isPublished()) {
      problem(routing, 410, "version-withdrawn", "The version was withdrawn by its publisher.");
    } else {
      serveInRoom(
          routing,
          "releases/" + bundle.state().appId() + "/" + bundle.state().version() + "/" + file);
    }
  }

  private void serveInRoom(RoutingContext routing, String key) {
    if (room.tryAcquire()) {
      Thread.ofVirtual().name("download").start(() -> serve(routing, key));
    } else {
      routing.response().putHeader(HttpHeaders.RETRY_AFTER, SECONDS_UNTIL_ROOM);
      problem(routing, 503, "too-many-downloads", "Too many downloads at once; come back.");
    }
  }

  /// Where the object lies. Nothing but a known app and a digest ever reaches the store.
  private static Optional<String> key(
      DeliveryImage image, String kind, @Nullable String appText, @Nullable String digestText) {
    if (appText == null || digestText == null) return Optional.empty();
    try {
      var app = AppId.of(appText);
      var digest = Digest.parse(digestText);
      return image
          .app(app)
          .filter(found -> isKnown(found, kind, digest))
          .map(_ -> "apps/" + app + "/" + kind + "/" + digest);
    } catch (RuntimeException e) {
      LOG.debugf("An id of another shape: reason=%s", e.getMessage());
      return Optional.empty();
    }
  }

  /// Which blobs there are is known to their manifests only, which nobody opens here.
  private static boolean isKnown(AppImage app, String kind, Digest digest) {
    return !kind.equals("bundles") || app.hasManifest(digest);
  }

  private void serve(RoutingContext routing, String key) {
    try {
      if (redirects && !key.startsWith("releases/")) {
        redirect(routing, bundles.signed(key));
        return;
      }
      var etag = '"' + key.substring(key.lastIndexOf('/') + 1) + '"';
      var size = bundles.size(key);
      if (size.isEmpty()) {
        DeviceHttp.notFound(routing);
      } else {
        serve(routing, key, etag, size.getAsLong());
      }
    } catch (IOException e) {
      LOG.warnf("The object store fails: object=%s reason=%s", key, e.getMessage());
      if (routing.response().headWritten()) {
        // The length was promised; only a broken connection says that it is not kept.
        routing.response().reset();
      } else {
        problem(routing, 502, "storage-unavailable", "The object store does not answer.");
      }
    } catch (GoneException e) {
      LOG.debugf("A download was given up: object=%s reason=%s", key, e.getMessage());
      routing.response().reset();
    } catch (RuntimeException e) {
      routing.fail(e);
    } finally {
      room.release();
    }
  }

  /// Where the object store itself serves it. Kept by caches for less than the address holds.
  private static void redirect(RoutingContext routing, String address) {
    routing
        .response()
        .setStatusCode(302)
        .putHeader(HttpHeaders.LOCATION, address)
        .putHeader(HttpHeaders.CACHE_CONTROL, "private, max-age=300")
        .end();
  }

  private void serve(RoutingContext routing, String key, String etag, long size)
      throws IOException, GoneException {
    var request = routing.request();
    var response = routing.response();
    response
        .putHeader(HttpHeaders.ETAG, etag)
        .putHeader(HttpHeaders.CACHE_CONTROL, "public, max-age=31536000, immutable")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
    var known = request.getHeader(HttpHeaders.IF_NONE_MATCH);
    if (known != null && (known.equals("*") || known.contains(etag))) {
      response.setStatusCode(304).end();
      return;
    }
    var condition = request.getHeader("If-Range");
    boolean ranged =
        request.method() == HttpMethod.GET && (condition == null || condition.equals(etag));
    var range = ranged ? ByteRange.of(request.getHeader("Range"), size) : new ByteRange.Whole();
    var part =
        switch (range) {
          case ByteRange.Whole() -> new ByteRange.Part(0, size - 1);
          case ByteRange.Part asked -> asked;
          case ByteRange.Unsatisfiable() -> {
            response.putHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
            problem(
                routing, 416, "range-not-satisfiable", "Nothing of the object is in the range.");
            yield null;
          }
        };
    if (part == null) return;
    if (range instanceof ByteRange.Part) {
      response.setStatusCode(206);
      response.putHeader(
          HttpHeaders.CONTENT_RANGE, "bytes " + part.first() + "-" + part.last() + "/" + size);
    }
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, mediaType(key))
        .putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(part.length()));
    if (request.method() == HttpMethod.HEAD || part.length() == 0) {
      response.end();
      return;
    }
    try (var content = bundles.open(key, part)) {
      send(content, part.length(), response);
    }
  }

  private static String mediaType(String key) {
    if (key.endsWith(".json")) return "application/json";
    return key.endsWith(".pem") ? "application/x-pem-file" : "application/octet-stream";
  }

  private static void send(InputStream content, long length, HttpServerResponse response)
      throws IOException, GoneException {
    long left = length;
    while (left > 0) {
      byte[] chunk = content.readNBytes((int) Math.min(CHUNK, left));
      if (chunk.length == 0) throw new IOException("the object ends " + left + " bytes early");
      left -= chunk.length;
      await(response.write(Buffer.buffer(chunk)));
    }
    await(response.end());
  }

  private static void await(io.vertx.core.Future<Void> written) throws GoneException {
    try {
      written.toCompletionStage().toCompletableFuture().get(STALLED.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | IllegalStateException e) {
      throw new GoneException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GoneException(e);
    }
  }

  private static void problem(RoutingContext routing, int status, String slug, String detail) {
    DeviceHttp.problem(routing, Problem.of(status, slug, detail, Map.of()));
  }

  /// The device is not there any more.
  private static final class GoneException extends Exception {
    private static final long serialVersionUID = 1L;

    GoneException(Throwable cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }
}
