package dev.slipway.stack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The four services as processes on a local stack, which must run before they start. They live as
/// the stack's own processes do: longer than their starter, known by the stack's folder.
public final class Suite {

  private static final Duration READY_WITHIN = Duration.ofSeconds(120);

  /// The member of a health answer with the id of the process that gives it.
  private static final String PROCESS = "process";

  private static final Pattern NAMED =
      Pattern.compile("\"%s\"\\s*:\\s*\"?(\\d+)".formatted(PROCESS));
  private static final int MOST_HEALTH = 64 << 10;

  private final LocalStack stack;
  private final Path root;
  private final Map<Service, Map<String, String>> extra;
  private final boolean usualPorts;
  private final Map<Service, Daemon> daemons = new EnumMap<>(Service.class);

  private Suite(
      LocalStack stack, Path root, Map<Service, Map<String, String>> extra, boolean usualPorts) {
    this.stack = stack;
    this.root = root;
    this.extra = extra;
    this.usualPorts = usualPorts;
    for (Service service : Service.values()) {
      daemons.put(service, new Daemon(stack.folder(), service.label()));
    }
  }

  /// @param root the folder with the modules, in which the services have been built
  public static Suite of(LocalStack stack, Path root) {
    return new Suite(stack, root.toAbsolutePath().normalize(), Map.of(), true);
  }

  /// The same suite away from the usual ports, so that it meets no other one on this machine. Asked
  /// for before the first start: a port once chosen stays.
  public Suite onAnyPorts() {
    return new Suite(stack, root, extra, false);
  }

  /// The same suite with one more environment variable for a service, from its next start on.
  public Suite with(Service service, String variable, String value) {
    Map<Service, Map<String, String>> more = new EnumMap<>(Service.class);
    more.putAll(extra);
    Map<String, String> variables = new TreeMap<>(extra.getOrDefault(service, Map.of()));
    variables.put(variable, value);
    more.put(service, variables);
    return new Suite(stack, root, more, usualPorts);
  }

  /// Starts what does not run yet, all at once, and returns when all are ready.
  ///
  /// @param progress told in a few words what happened; from several threads
  public void start(Consumer<String> progress) {
    stack.locked(
        () ->
            AtOnce.forEach(
                Arrays.asList(Service.values()), service -> startUnlocked(service, progress)));
  }

  /// Starts one service unless it runs.
  public void start(Service service, Consumer<String> progress) {
    stack.locked(() -> startUnlocked(service, progress));
  }

  /// Stops all services.
  public void stop(Consumer<String> progress) {
    stack.locked(
        () ->
            AtOnce.forEach(
                Arrays.asList(Service.values()),
                service -> daemon(service).stop(Daemon.Signal.TERM, progress)));
  }

  /// Stops one service.
  public void stop(Service service, Consumer<String> progress) {
    stack.locked(() -> daemon(service).stop(Daemon.Signal.TERM, progress));
  }

  /// Ends one service as a crash would.
  public void kill(Service service) {
    stack.locked(() -> daemon(service).kill());
  }

  /// Stops one service if it runs, and starts it.
  public void restart(Service service, Consumer<String> progress) {
    stack.locked(
        () -> {
          daemon(service).stop(Daemon.Signal.TERM, progress);
          startUnlocked(service, progress);
        });
  }

  /// A line per service.
  public List<ProcessStatus> status() {
    return Arrays.stream(Service.values())
        .map(service -> daemon(service).status(port(service)))
        .toList();
  }

  /// Whether all services run. They may still be starting.
  public boolean isRunning() {
    return daemons.values().stream().allMatch(daemon -> daemon.running().isPresent());
  }

  /// Where a service answers.
  public URI address(Service service) {
    return URI.create("http://127.0.0.1:" + port(service));
  }

  /// Where a service writes what it does.
  public Path log(Service service) {
    return daemon(service).log();
  }

  /// Where the rollout service writes the owner's first access key.
  public Path firstKeyFile() {
    return stack.folder().resolve("first-access-key");
  }

  private void startUnlocked(Service service, Consumer<String> progress) {
    Path program = root.resolve(service.label()).resolve("target/quarkus-app/quarkus-run.jar");
    if (!Files.isReadable(program)) {
      throw new StackFailure(
          "%s has not been built: there is no %s".formatted(service.label(), program));
    }
    Daemon daemon = daemon(service);
    daemon.start(
        () -> {
          if (daemon.running().isEmpty()) {
            stack.settings().freePort(portKey(service), preferredPort(service));
          }
          return plan(service, program);
        },
        () -> !Ports.isFree(port(service)),
        progress);
  }

  private Daemon.Plan plan(Service service, Path program) {
    return new Daemon.Plan(
        Jvm.command(
            List.of(
                "-Xms64m",
                "-Xmx%dm".formatted(service.heapMebibytes()),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dquarkus.smallrye-health.additional.property.%s=${%s}"
                    .formatted(PROCESS, Daemon.OWN_PID)),
            "-jar",
            List.of(program.toString())),
        environment(service),
        process -> isReady(service, process),
        READY_WITHIN,
        1);
  }

  private Map<String, String> environment(Service service) {
    Map<String, String> environment = new TreeMap<>(stack.endpoints().environment());
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", Integer.toString(port(service)));
    // One arena for each core and thread would keep memory that native code has long given back.
    environment.put("MALLOC_ARENA_MAX", "2");
    switch (service) {
      case INGEST -> {}
      case ROLLOUT -> {
        environment.put("SLIPWAY_FIRST_KEY_FILE", firstKeyFile().toString());
        environment.put(
            "SLIPWAY_KEYS_FOLDER", firstKeyFile().resolveSibling("service-keys").toString());
      }
      case DELIVERY -> {
        environment.put("SLIPWAY_PUBLIC_URL", address(service).toString());
        environment.put(
            "SLIPWAY_DELIVERY_SNAPSHOT",
            stack.folder().resolve(service.label()).resolve("image.snapshot").toString());
      }
      case TELEMETRY ->
          environment.put(
              "KAFKA_STREAMS_STATE_DIR",
              stack.folder().resolve(service.label()).resolve("streams").toString());
    }
    environment.putAll(extra.getOrDefault(service, Map.of()));
    return environment;
  }

  /// The answer names the process that gives it: another suite's service on this port is no sign.
  private boolean isReady(Service service, ProcessHandle process) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address(service).resolve("/q/health/ready").toURL().openConnection();
    connection.setConnectTimeout(1000);
    connection.setReadTimeout(5000);
    try {
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        return false;
      }
      try (InputStream in = connection.getInputStream()) {
        Matcher named = NAMED.matcher(new String(in.readNBytes(MOST_HEALTH), UTF_8));
        return named.find() && named.group(1).equals(Long.toString(process.pid()));
      }
    } finally {
      connection.disconnect();
    }
  }

  private int port(Service service) {
    return stack.settings().port(portKey(service), preferredPort(service));
  }

  private int preferredPort(Service service) {
    return usualPorts ? service.preferredPort() : 0;
  }

  private static String portKey(Service service) {
    return service.label() + ".port";
  }

  private Daemon daemon(Service service) {
    Daemon daemon = daemons.get(service);
    if (daemon == null) {
      throw new IllegalStateException("Every service has its process: " + service);
    }
    return daemon;
  }
}
