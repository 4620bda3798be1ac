package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cli.http.Api;
import dev.slipway.contracts.Json;
import dev.slipway.stack.Endpoints;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// The whole suite as processes on an embedded stack, one for all tests of a run: a test class asks
/// for it with `@ExtendWith(RunningSuite.Extension.class)` and a parameter.
final class RunningSuite implements AutoCloseable {

  private static final Path ROOT = Path.of(System.getProperty("slipway.root")).toAbsolutePath();
  private static final long COMMAND_SECONDS = 600;

  private final Path folder;
  private final LocalStack stack;
  private final Suite suite;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private RunningSuite(Path folder) {
    this.folder = folder;
    stack = LocalStack.at(folder);
    suite = Suite.of(stack, ROOT).onAnyPorts();
    // A test run that is killed takes its processes with it.
    stack.endWith(ProcessHandle.current());
    start();
  }

  /// Starts what does not run.
  void start() {
    stack.start(line -> {});
    suite.start(line -> {});
  }

  Suite services() {
    return suite;
  }

  LocalStack stack() {
    return stack;
  }

  Endpoints endpoints() {
    return stack.endpoints();
  }

  Api ingest() {
    return api("ingest", Service.INGEST);
  }

  Api rollout() {
    return api("rollout", Service.ROLLOUT);
  }

  URI delivery() {
    return suite.address(Service.DELIVERY);
  }

  private Api api(String name, Service service) {
    try {
      String key = Files.readString(suite.firstKeyFile()).strip();
      return new Api(name, suite.address(service), key, http);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The sum of a metric over its tags, as the service reports it now.
  double metric(Service service, String name, String tag) throws Exception {
    var request =
        HttpRequest.newBuilder(suite.address(service).resolve("/q/metrics")).GET().build();
    return http.send(request, BodyHandlers.ofLines())
        .body()
        .filter(line -> line.startsWith(name) && line.contains(tag))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /// What a command said.
  record Said(int exit, String out, String err) {
    JsonNode json() throws IOException {
      assertThat(exit).as(err).isZero();
      return Json.LENIENT.readTree(out);
    }
  }

  /// Runs `./slipway` as a person would, in this folder, against this suite.
  Said slipway(Path here, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(ROOT.resolve("slipway").toString()));
    command.addAll(List.of(arguments));
    return run(here, command);
  }

  /// Begins a command whose services are elsewhere than they say, such as behind a [Line]; it is
  /// the caller's to end.
  Process begin(Path here, Map<String, String> environment, Path out, String... arguments)
      throws IOException {
    var command = new ArrayList<>(List.of(ROOT.resolve("slipway").toString()));
    command.addAll(List.of(arguments));
    var builder =
        builder(here, command)
            .redirectOutput(out.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /// The key of the installation's owner.
  String ownerKey() throws IOException {
    return Files.readString(suite.firstKeyFile()).strip();
  }

  /// Runs a script of the shell in which `./slipway` and `samples` stand as in a checkout.
  Said shell(Path here, String script) throws Exception {
    link(here, "slipway");
    link(here, "samples");
    return run(here, List.of("sh", "-eu", "-c", script));
  }

  private static void link(Path here, String name) throws IOException {
    if (!Files.exists(here.resolve(name))) {
      Files.createSymbolicLink(here.resolve(name), ROOT.resolve(name));
    }
  }

  private Said run(Path here, List<String> command) throws Exception {
    Path out = Files.createTempFile("slipway", ".out");
    Path err = Files.createTempFile("slipway", ".err");
    try {
      Process process =
          builder(here, command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("not done within " + COMMAND_SECONDS + " s: " + command);
      }
      return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private ProcessBuilder builder(Path here, List<String> command) {
    var builder =
        new ProcessBuilder(command).directory(here.toFile()).redirectInput(new File("/dev/null"));
    builder.environment().put("SLIPWAY_STACK", folder.toString());
    builder.environment().put("SLIPWAY_BUILD", "never");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder;
  }

  @Override
  public void close() {
    suite.stop(line -> {});
    stack.stop(line -> {});
  }

  /// Gives the one suite of the run to those who ask.
  static final class Extension implements ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(RunningSuite.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == RunningSuite.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(NAMESPACE)
          .computeIfAbsent(RunningSuite.class, _ -> start(), RunningSuite.class);
    }

    private static RunningSuite start() {
      try {
        Path folder = ROOT.resolve("system-tests/target/stack").toAbsolutePath();
        if (Files.exists(folder)) {
          LocalStack left = LocalStack.at(folder);
          Suite.of(left, ROOT).stop(line -> {});
          left.stop(line -> {});
          delete(folder);
        }
        Files.createDirectories(folder);
        return new RunningSuite(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void delete(Path folder) throws IOException {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
      }
    }
  }
}
