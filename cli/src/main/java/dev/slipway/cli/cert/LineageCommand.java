package dev.slipway.cli.cert;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.term.Terminal;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.http.Page;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lineage",
    header = "Which certificates signed an app's versions, as the server knows them.",
    description = {
      "",
      "The one that signs now first, with the days left of its life, and of the grace in which one"
          + " that has ended can still hand over.",
      "",
      "Example: ./slipway cert lineage --app com.example.app",
      ""
    },
    mixinStandardHelpOptions = true)
final class LineageCommand implements Callable<Integer> {

  private static final TypeReference<Page<CertificateView>> CERTIFICATES = new TypeReference<>() {};

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      required = true,
      description = "The app, such as com.example.app.")
  AppId app = new AppId("com.example.app");

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Connection connection;
  private final Surroundings surroundings;

  LineageCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() {
    var certificates =
        connection.ingest().get("/v1/apps/%s/certificates".formatted(app), CERTIFICATES).items();
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(certificates);
      return 0;
    }
    certificates.forEach(one -> terminal.line(line(one, terminal)));
    return 0;
  }

  static String line(CertificateView one, Terminal terminal) {
    String status = one.status().name().toLowerCase(Locale.ROOT);
    StringBuilder line = new StringBuilder("%-8s %s".formatted(status, one.certificate()));
    if (one.notAfter() != null) line.append("  until ").append(terminal.time(one.notAfter()));
    if (one.graceDaysLeft() != null) {
      line.append(", %d days of grace left".formatted(one.graceDaysLeft()));
    } else if (one.daysLeft() != null) {
      line.append(", %d days left".formatted(one.daysLeft()));
    }
    if (one.version() != null) line.append("  since version ").append(one.version());
    if (one.reason() != null) line.append("  (").append(one.reason()).append(')');
    return line.toString();
  }
}
