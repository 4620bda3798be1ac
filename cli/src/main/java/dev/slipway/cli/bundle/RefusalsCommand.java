package dev.slipway.cli.bundle;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.bundle.RefusalView;
import dev.slipway.contracts.http.Page;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "refusals",
    header = "What ingest refused of an app, to whom and why, the newest first.",
    description = {
      "",
      "For auditors. Of what was sent nothing is kept; the slug says what was wrong with it.",
      "",
      "Example: ./slipway bundle refusals --app com.example.app --limit 20",
      ""
    },
    mixinStandardHelpOptions = true)
final class RefusalsCommand implements Callable<Integer> {

  private static final TypeReference<Page<RefusalView>> REFUSALS = new TypeReference<>() {};

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      required = true,
      description = "The app, such as com.example.app.")
  AppId app = new AppId("com.example.app");

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "At most so many, 1 to 500; default: ${DEFAULT-VALUE}.")
  int limit;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;
  private final Surroundings surroundings;

  RefusalsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() {
    var refusals =
        connection
            .ingest()
            .get("/v1/apps/%s/refusals?limit=%d".formatted(app, limit), REFUSALS)
            .items();
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(refusals);
      return 0;
    }
    if (refusals.isEmpty()) terminal.line("Nothing of %s was refused".formatted(app));
    for (RefusalView refusal : refusals) {
      terminal.line(
          "%s  %d %-24s %-16s %s %s"
              .formatted(
                  terminal.time(refusal.at()),
                  refusal.status(),
                  refusal.slug(),
                  refusal.actorName() == null ? refusal.actor() : refusal.actorName(),
                  refusal.method(),
                  refusal.path()));
    }
    return 0;
  }
}
