package dev.slipway.delivery.download;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.Json;
import dev.slipway.contracts.http.Problem;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import io.minio.MinioClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Downloads while the object store does not serve them.
class DownloadRouteTest {

  private static final String PATH = "/v1/apps/com.demo.app/blobs/" + Samples.digest("x");

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http = HttpClient.newHttpClient();
  private Optional<DeliveryImage> image = Optional.empty();
  private ServerSocket store;

  @BeforeEach
  void start() throws Exception {
    // Takes connections and says nothing.
    store = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app("com.demo.app"));
    image = Optional.of(delta.apply());
  }

  @AfterEach
  void stop() throws Exception {
    store.close();
    http.close();
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  @Test
  void saysThatTheStoreIsAway() throws Exception {
    // Given
    store.close();
    var base = serve(10);

    // When
    var answer = get(base);

    // Then
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.headers().firstValue("Content-Type")).contains(Problem.MEDIA_TYPE);
    assertThat(answer.headers().firstValue("Cache-Control")).isEmpty();
    assertThat(Json.LENIENT.readValue(answer.body(), Problem.class).slug())
        .isEqualTo("storage-unavailable");
  }

  @Test
  void givesUpAStoreThatSaysNothing() throws Exception {
    assertThat(get(serve(10)).statusCode()).isEqualTo(502);
  }

  @Test
  void asksToComeBackWhenThereIsNoRoom() throws Exception {
    var answer = get(serve(0));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void asksToComeBackWhileThereIsNoImage() throws Exception {
    image = Optional.empty();
    assertThat(get(serve(10)).statusCode()).isEqualTo(503);
  }

  @Test
  void sendsDevicesToTheStoreWithoutAskingIt() throws Exception {
    var answer = get(serve(10, true));
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location").orElse(""))
        .startsWith("http://127.0.0.1:" + store.getLocalPort() + "/slipway/apps/")
        .contains("X-Amz-Expires=900", "X-Amz-Signature=");
    assertThat(answer.headers().firstValue("Cache-Control")).hasValue("private, max-age=300");
  }

  private HttpResponse<String> get(URI base) throws Exception {
    return http.send(
        HttpRequest.newBuilder(base.resolve(PATH)).timeout(Duration.ofSeconds(20)).build(),
        BodyHandlers.ofString());
  }

  private URI serve(int room) throws Exception {
    return serve(room, false);
  }

  private URI serve(int room, boolean redirects) throws Exception {
    var s3 =
        MinioClient.builder()
            .endpoint("http://127.0.0.1:" + store.getLocalPort())
            .credentials("key", "secret-key")
            .region("us-east-1")
            .build();
    s3.setTimeout(500, 500, 500);
    var router = Router.router(vertx);
    new DownloadRoute(() -> image, new Bundles(s3, s3, "slipway"), room, redirects)
        .register(router);
    var server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(router)
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }
}
