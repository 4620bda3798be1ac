package dev.slipway.cli.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.StatedReason;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "withdraw",
    header = "Takes a published version back: it is offered to nobody any more.",
    description = {
      "",
      "For a version that must not be started again, by a rollout or as the target of a rollback."
          + " Devices that run it keep it until another version is offered to them: to bring them"
          + " back, roll back first. Its version number stays taken. Doing it twice does no harm.",
      "",
      "Example:",
      "  ./slipway bundle withdraw 1.4.2 --app com.example.app \\",
      "      --reason 'leaks a token'",
      ""
    },
    mixinStandardHelpOptions = true)
final class WithdrawCommand implements Callable<Integer> {

  @Parameters(paramLabel = "VERSION", description = "The version.")
  Version version = new Version("0");

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      required = true,
      description = "The app, such as com.example.app.")
  AppId app = new AppId("com.example.app");

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for whoever reads it later.")
  String reason = "";

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;
  private final Surroundings surroundings;

  WithdrawCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() {
    BundleAnswer withdrawn =
        connection
            .ingest()
            .post(
                "/v1/apps/%s/bundles/%s/withdraw".formatted(app, version),
                new StatedReason(reason),
                BundleAnswer.class);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(withdrawn);
      return 0;
    }
    terminal.line(terminal.green("%s %s is withdrawn".formatted(app, version)));
    var withdrawal = withdrawn.withdrawal();
    if (withdrawal != null) {
      terminal.line("  %s: %s".formatted(terminal.time(withdrawal.at()), withdrawal.reason()));
    }
    return 0;
  }
}
