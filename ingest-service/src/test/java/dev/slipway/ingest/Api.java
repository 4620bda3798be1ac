package dev.slipway.ingest;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// The service over HTTP, as a publisher's tool speaks to it.
final class Api {

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;
  private final String accessKey;

  Api(URI base, String accessKey) {
    this.base = base;
    this.accessKey = accessKey;
  }

  HttpResponse<byte[]> put(AppId app, Digest id, byte[] blob) {
    return put(app, id.text(), BodyPublishers.ofByteArray(blob));
  }

  HttpResponse<byte[]> put(AppId app, String id, BodyPublisher body) {
    return send(request("/v1/apps/" + app + "/blobs/" + id).PUT(body));
  }

  HttpResponse<byte[]> head(AppId app, Digest id) {
    return send(request("/v1/apps/" + app + "/blobs/" + id).HEAD());
  }

  HttpResponse<byte[]> publish(AppId app, byte[] manifest) {
    return publish(app, BodyPublishers.ofByteArray(manifest));
  }

  HttpResponse<byte[]> publish(AppId app, BodyPublisher manifest) {
    return send(request("/v1/apps/" + app + "/bundles").POST(manifest));
  }

  HttpResponse<byte[]> putCapgo(AppId app, byte[] bytes) {
    return send(
        request("/v1/apps/" + app + "/capgo/" + Digest.sha256(bytes))
            .PUT(BodyPublishers.ofByteArray(bytes)));
  }

  HttpResponse<byte[]> publishCapgo(AppId app, Object request) {
    return post("/v1/apps/" + app + "/capgo-bundles", request);
  }

  HttpResponse<byte[]> publishAir(AppId app, byte[] air) {
    return send(request("/v1/apps/" + app + "/air-packages").POST(BodyPublishers.ofByteArray(air)));
  }

  /// Posts an object.
  HttpResponse<byte[]> post(String path, Object body) {
    try {
      return send(
          request(path)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofByteArray(Json.LENIENT.writeValueAsBytes(body))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HttpResponse<byte[]> get(String path) {
    return send(request(path).GET());
  }

  /// Uploads all blobs, then publishes.
  HttpResponse<byte[]> publish(Publisher.Release release) {
    AppId app = release.verified().manifest().appId();
    release.blobs().forEach((id, blob) -> put(app, id, blob));
    return publish(app, release.manifest());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path))
        .timeout(Duration.ofSeconds(60))
        .header("Authorization", "Bearer " + accessKey);
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static Problem problem(HttpResponse<byte[]> response) {
    return read(response, Problem.class);
  }

  static <T> T read(HttpResponse<byte[]> response, Class<T> type) {
    try {
      return Json.LENIENT.readValue(response.body(), type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
