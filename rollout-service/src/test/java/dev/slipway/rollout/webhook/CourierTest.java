package dev.slipway.rollout.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.rollout.webhook.Courier.Answer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Rows H5 and H6 against a real server on this machine.
class CourierTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static final Duration SHORT = Duration.ofMillis(600);

  private final List<String> bodies = Collections.synchronizedList(new ArrayList<>());
  private final List<String> signatures = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch end = new CountDownLatch(1);
  private HttpServer server;
  private int port;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    port = server.getAddress().getPort();
    server.createContext(
        "/ok",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          signatures.add(exchange.getRequestHeaders().getFirst("webhook-signature"));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.createContext(
        "/elsewhere",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "http://127.0.0.1:" + port + "/ok");
          exchange.sendResponseHeaders(307, -1);
          exchange.close();
        });
    server.createContext(
        "/busy",
        exchange -> {
          exchange.getResponseHeaders().add("Retry-After", "120");
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    server.createContext(
        "/hangs",
        exchange -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
    server.createContext(
        "/drips",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (var out = exchange.getResponseBody()) {
            while (end.getCount() > 0) {
              out.write('x');
              out.flush();
              if (end.await(20, java.util.concurrent.TimeUnit.MILLISECONDS)) return;
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          var part = new byte[16 << 10];
          try (var out = exchange.getResponseBody()) {
            while (end.getCount() > 0) out.write(part);
          } catch (IOException e) {
            bodies.add("cut off");
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
  }

  @AfterAll
  static void close() {
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void aMessageArrives() {
    try (var courier = courier(Courier.LIMIT)) {
      var answer = post(courier, url("/ok"));
      assertThat(answer).isEqualTo(new Answer.Status(204, null));
      assertThat(bodies).containsExactly("{\"a\":1}");
      assertThat(signatures).containsExactly("v1,abc");
    }
  }

  @Test
  void aRedirectIsNotFollowed() {
    try (var courier = courier(Courier.LIMIT)) {
      assertThat(post(courier, url("/elsewhere"))).isEqualTo(new Answer.Status(307, null));
      assertThat(bodies).isEmpty();
    }
  }

  @Test
  void theReceiversWishComesAlong() {
    try (var courier = courier(Courier.LIMIT)) {
      assertThat(post(courier, url("/busy"))).isEqualTo(new Answer.Status(503, "120"));
    }
  }

  @Test
  void whoHangsOrDripsIsLeft() {
    try (var courier = courier(SHORT)) {
      assertThat(post(courier, url("/hangs"))).isInstanceOf(Answer.None.class);
      assertThat(post(courier, url("/drips"))).isInstanceOf(Answer.None.class);
    }
  }

  @Test
  void anEndlessAnswerIsCutOff() {
    try (var courier = courier(Courier.LIMIT)) {
      assertThat(post(courier, url("/endless"))).isEqualTo(new Answer.Status(200, null));
    }
    org.awaitility.Awaitility.await()
        .untilAsserted(() -> assertThat(bodies).containsExactly("cut off"));
  }

  @Test
  void aNameThatPointsInsideWhenItIsSentToIsNotConnectedTo() {
    // Given
    var lookups = new AtomicInteger();
    var guard =
        new Guard(
            _ ->
                List.of(
                    InetAddress.getByName(
                        lookups.getAndIncrement() == 0 ? "93.184.215.14" : "127.0.0.1")),
            Set.of(port),
            List.of());
    var url = "https://rebinding.example:" + port + "/ok";
    assertThat(guard.judge(url)).isInstanceOf(Guard.Judgement.Allowed.class);

    // When
    try (var courier = new Courier(VERTX, guard, Courier.LIMIT, Optional.empty())) {
      var answer = post(courier, url);

      // Then
      assertThat(answer)
          .isInstanceOfSatisfying(
              Answer.None.class, none -> assertThat(none.why()).contains("public internet"));
    }
    assertThat(bodies).isEmpty();
    assertThat(lookups).hasValue(2);
  }

  @Test
  void nobodyListens() {
    server.stop(0);
    try (var courier = courier(Courier.LIMIT)) {
      assertThat(post(courier, url("/ok")))
          .isEqualTo(new Answer.None("the connection was refused"));
    }
  }

  private Courier courier(Duration limit) {
    return new Courier(
        VERTX, GuardTest.guard(List.of("127.0.0.1:" + port)), limit, Optional.empty());
  }

  private static Answer post(Courier courier, String url) {
    return courier
        .post(url, Map.of("webhook-signature", "v1,abc"), "{\"a\":1}")
        .await()
        .atMost(Duration.ofSeconds(20));
  }

  private String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
