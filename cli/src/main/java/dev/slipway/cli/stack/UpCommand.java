package dev.slipway.cli.stack;

import dev.slipway.cli.Surroundings;
import dev.slipway.stack.Service;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "up",
    header = "Starts the suite on this machine.",
    description = {
      "",
      "Real Kafka, PostgreSQL and an S3 server, and the four services, as processes of this machine;"
          + " no containers. Data, logs and keys stay in the stack's folder. What runs already is left"
          + " alone.",
      "",
      "Example: ./slipway up",
      ""
    },
    mixinStandardHelpOptions = true)
public final class UpCommand implements Callable<Integer> {

  /// What is running now.
  record Up(
      Duration took,
      Map<String, String> services,
      String kafka,
      String postgres,
      String s3,
      String accessKeyFile) {}

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Where where;
  private final Surroundings surroundings;

  UpCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.where = new Where(surroundings);
  }

  @Override
  public Integer call() {
    var terminal = surroundings.terminal();
    Starter starter = where.starter();
    Duration took = starter.start(line -> terminal.note("  " + line));
    var suite = starter.suite();
    var endpoints = starter.stack().endpoints();
    Map<String, String> services = new LinkedHashMap<>();
    for (Service service : Service.values()) {
      services.put(service.label(), suite.address(service).toString());
    }
    if (json) {
      terminal.json(
          new Up(
              took,
              services,
              endpoints.kafka(),
              endpoints.jdbcUrl(),
              endpoints.s3().toString(),
              suite.firstKeyFile().toString()));
      return 0;
    }
    terminal.line(
        terminal.green("The suite is up") + " after %.1f s".formatted(took.toMillis() / 1000.0));
    services.forEach((name, address) -> terminal.line("  %-18s %s".formatted(name, address)));
    terminal.line("  %-18s %s".formatted("kafka", endpoints.kafka()));
    terminal.line("  %-18s %s".formatted("postgres", endpoints.jdbcUrl()));
    terminal.line("  %-18s %s".formatted("s3", endpoints.s3()));
    terminal.line("  %-18s in %s".formatted("owner's access key", suite.firstKeyFile()));
    terminal.line("Next: ./slipway keys init com.example.app; ./slipway status; ./slipway down");
    return 0;
  }
}
