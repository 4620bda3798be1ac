package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicReader;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of the work of a delivery instance that is told to end (SIGTERM).
@ExtendWith(RunningSuite.Extension.class)
class DrainIT {

  private static final long SEED = 1_7_2026;
  private static final int BEGUN = 10;
  private static final int REPORTS = 2_000;
  private static final int BATCH = 200;

  /// `quarkus.shutdown.timeout`, and what sending and closing may take.
  private static final Duration LIMIT = Duration.ofSeconds(25);

  /// How a process ends that obeys SIGTERM, by the convention of shells and of Java.
  private static final int TERMINATED = 128 + 15;

  @TempDir Path folder;

  @Test
  void whatItHasBegunIsAnsweredAndWhatItWasToldIsSent(RunningSuite suite) throws Exception {
    // Given a second instance, with checks that have come half
    var app = ShippedApp.create(suite, folder, "drained");
    int port = freePort();
    var delivery = URI.create("http://127.0.0.1:" + port);
    Process process = start(suite.endpoints(), port);
    List<Socket> begun = new ArrayList<>();
    try (var events = TopicReader.fromNow(suite.endpoints(), Topics.DEVICE_EVENTS.name())) {
      await().atMost(Duration.ofSeconds(90)).until(() -> isReady(delivery));
      var reporter = Phone.some(1, delivery, app.id, new Random(SEED + 1)).getFirst();
      for (int i = 0; i < REPORTS; i += BATCH) {
        reporter.reportBatch("app_moved_to_foreground", ShippedApp.GOOD, i, BATCH);
      }
      var phones = Phone.some(BEGUN, delivery, app.id, new Random(SEED));
      for (var phone : phones) {
        var socket = new Socket("127.0.0.1", port);
        begun.add(socket);
        byte[] request = phone.checkRequest(Phone.NATIVE);
        socket.getOutputStream().write(request, 0, request.length - 10);
      }

      // When
      process.destroy();
      await().atMost(Duration.ofSeconds(10)).until(() -> !isReady(delivery));
      for (int i = 0; i < BEGUN; i++) {
        byte[] request = phones.get(i).checkRequest(Phone.NATIVE);
        begun.get(i).getOutputStream().write(request, request.length - 10, 10);
      }

      // Then
      for (var socket : begun) {
        var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer).startsWith("HTTP/1.1 200 ").contains("\"version\":\"1.1.0\"");
      }
      assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(TERMINATED);
      long sent =
          events.toEnd().stream()
              .filter(record -> (app.id + "/" + reporter.id()).equals(record.key()))
              .map(record -> Message.read(Topics.DEVICE_EVENTS, record.value()))
              .filter(DeviceEvent.Reported.class::isInstance)
              .count();
      assertThat(sent).isEqualTo(REPORTS);
    } finally {
      for (var socket : begun) socket.close();
      process.destroyForcibly();
    }
  }

  private Process start(Endpoints endpoints, int port) throws IOException {
    var program =
        Path.of(System.getProperty("slipway.root"))
            .resolve("delivery-service/target/quarkus-app/quarkus-run.jar");
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx224m",
                "-XX:+UseSerialGC",
                "-jar",
                program.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("delivery.log").toFile());
    builder.environment().putAll(endpoints.environment());
    builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
    builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
    builder.environment().put("SLIPWAY_PUBLIC_URL", "http://127.0.0.1:" + port);
    return builder.start();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean isReady(URI delivery) {
    try {
      var connection =
          (HttpURLConnection) delivery.resolve("/q/health/ready").toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(2000);
      try {
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      return false;
    }
  }
}
