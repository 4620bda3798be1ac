package dev.slipway.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// With a small program in the place of each service: which one does what is the system tests'
/// matter.
class SuiteIT {

  @TempDir Path folder;
  @TempDir Path root;

  private Suite suite;

  @BeforeEach
  void build() throws Exception {
    for (Service service : Service.values()) {
      Path jar = root.resolve(service.label()).resolve("target/quarkus-app/quarkus-run.jar");
      Files.createDirectories(jar.getParent());
      Manifest manifest = new Manifest();
      manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
      manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Program.class.getName());
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
        String name = Program.class.getName().replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(name));
        try (var in = SuiteIT.class.getClassLoader().getResourceAsStream(name)) {
          in.transferTo(out);
        }
      }
    }
    suite =
        Suite.of(LocalStack.at(folder), root).onAnyPorts().with(Service.DELIVERY, "EXTRA", "yes");
  }

  @AfterEach
  void stop() {
    suite.stop(System.out::println);
  }

  @Test
  void givesEachServiceWhatItNeeds() throws Exception {
    // When
    suite.start(System.out::println);

    // Then
    assertThat(suite.isRunning()).isTrue();
    Map<String, String> shared = LocalStack.at(folder).endpoints().environment();
    for (Service service : Service.values()) {
      Properties environment = environment(service);
      assertThat(environment).containsAllEntriesOf(shared);
      assertThat(environment)
          .containsEntry("QUARKUS_HTTP_HOST", "127.0.0.1")
          .containsEntry("SLIPWAY_TOPICS_PROFILE", "single")
          .containsEntry("QUARKUS_HTTP_PORT", "" + suite.address(service).getPort());
    }
    assertThat(environment(Service.DELIVERY))
        .containsEntry("EXTRA", "yes")
        .containsEntry("SLIPWAY_PUBLIC_URL", suite.address(Service.DELIVERY).toString());
    assertThat(environment(Service.ROLLOUT))
        .containsEntry("SLIPWAY_FIRST_KEY_FILE", suite.firstKeyFile().toString());
    assertThat(environment(Service.INGEST)).doesNotContainKeys("EXTRA", "SLIPWAY_PUBLIC_URL");
    assertThat(environment(Service.TELEMETRY)).containsKey("KAFKA_STREAMS_STATE_DIR");
    assertThat(shared.keySet())
        .contains(
            "KAFKA_BOOTSTRAP_SERVERS",
            "SLIPWAY_DATABASE_JDBC_URL",
            "SLIPWAY_DATABASE_REACTIVE_URL",
            "SLIPWAY_DATABASE_USER",
            "SLIPWAY_DATABASE_PASSWORD",
            "SLIPWAY_S3_ENDPOINT",
            "SLIPWAY_S3_ACCESS_KEY",
            "SLIPWAY_S3_SECRET_KEY",
            "SLIPWAY_S3_BUCKET");
  }

  @Test
  void killsAndRestartsOneOnItsPort() throws Exception {
    // Given
    suite.start(System.out::println);
    Map<String, Long> before = pids();
    URI address = suite.address(Service.ROLLOUT);

    // When
    suite.kill(Service.ROLLOUT);
    boolean runs = suite.isRunning();
    suite.start(System.out::println);
    suite.restart(Service.INGEST, System.out::println);

    // Then
    assertThat(runs).isFalse();
    Map<String, Long> after = pids();
    assertThat(after.get("rollout-service")).isNotEqualTo(before.get("rollout-service"));
    assertThat(after.get("ingest-service")).isNotEqualTo(before.get("ingest-service"));
    assertThat(after.get("delivery-service")).isEqualTo(before.get("delivery-service"));
    assertThat(suite.address(Service.ROLLOUT)).isEqualTo(address);
    assertThat(environment(Service.ROLLOUT)).isNotEmpty();
  }

  @Test
  void saysWhatHasNotBeenBuilt() throws Exception {
    // Given
    Files.delete(root.resolve("ingest-service/target/quarkus-app/quarkus-run.jar"));

    // Then
    assertThatThrownBy(() -> suite.start(System.out::println))
        .isInstanceOf(StackFailure.class)
        .hasMessageContaining("ingest-service has not been built");
  }

  /// Two suites that chose the same port while it was free: the other one is quicker to take it,
  // and
  /// ready.
  @Test
  void takesNoOtherSuitesServiceForItsOwn() throws Exception {
    // Given
    Path go = folder.resolve("go");
    Suite slow = suite.with(Service.INGEST, "WAIT_FOR", go.toString());
    int port = slow.address(Service.INGEST).getPort();
    List<String> told = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> start =
        CompletableFuture.runAsync(() -> slow.start(Service.INGEST, told::add));
    until(() -> slow.status().getFirst().running().isPresent());
    AtomicInteger asked = new AtomicInteger();
    HttpServer other = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    other.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          Program.answer(exchange, Program.health());
        });
    other.start();

    // When
    try {
      until(() -> asked.get() >= 3);
      assertThat(start).as("someone is ready, but not its own").isNotDone();
      Files.createFile(go);
      start.get(60, TimeUnit.SECONDS);
    } finally {
      other.stop(0);
    }

    // Then
    assertThat(told).anyMatch(line -> line.contains("lost its port to another process"));
    assertThat(slow.address(Service.INGEST).getPort()).isNotEqualTo(port);
    assertThat(environment(Service.INGEST))
        .containsEntry(
            "SLIPWAY_PROCESS_ID", "" + slow.status().getFirst().running().orElseThrow().pid());
  }

  private static void until(BooleanSupplier done) {
    Instant end = Instant.now().plusSeconds(60);
    while (!done.getAsBoolean()) {
      assertThat(Instant.now()).isBefore(end);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private Map<String, Long> pids() {
    return suite.status().stream()
        .collect(
            Collectors.toMap(
                ProcessStatus::name, process -> process.running().orElseThrow().pid()));
  }

  private Properties environment(Service service) throws Exception {
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(suite.address(service).resolve("/environment")).build(),
                HttpResponse.BodyHandlers.ofString());
    Properties environment = new Properties();
    Arrays.stream(answer.body().split("\n"))
        .map(line -> line.split("=", 2))
        .filter(pair -> pair.length == 2)
        .forEach(pair -> environment.setProperty(pair[0], pair[1]));
    return environment;
  }

  /// Is ready once a file is there that its environment may name, and shows its environment.
  static final class Program {

    public static void main(String[] args) throws IOException {
      String file = System.getenv("WAIT_FOR");
      while (file != null && !Files.exists(Path.of(file))) {
        LockSupport.parkNanos(20_000_000);
      }
      HttpServer server =
          HttpServer.create(
              new InetSocketAddress(
                  System.getenv("QUARKUS_HTTP_HOST"),
                  Integer.parseInt(System.getenv("QUARKUS_HTTP_PORT"))),
              0);
      server.createContext("/q/health/ready", exchange -> answer(exchange, health()));
      server.createContext(
          "/",
          exchange ->
              answer(
                  exchange,
                  System.getenv().entrySet().stream()
                      .map(entry -> entry.getKey() + "=" + entry.getValue())
                      .collect(Collectors.joining("\n"))));
      server.start();
    }

    /// As a service says it, of this process.
    static String health() {
      return """
      {"status": "UP", "checks": [], "process": "%d"}
      """
          .formatted(ProcessHandle.current().pid());
    }

    static void answer(HttpExchange exchange, String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      try (OutputStream body = exchange.getResponseBody()) {
        body.write(bytes);
      }
    }
  }
}
