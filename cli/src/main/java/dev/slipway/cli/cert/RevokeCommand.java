package dev.slipway.cli.cert;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.bundle.StatedReason;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "revoke",
    header = "Revokes a certificate, for good.",
    description = {
      "",
      "For a signing key that somebody else may have. Nothing that it signs is accepted any more, and"
          + " it cannot hand over to a successor. Versions that are published stay; withdraw those that"
          + " should not. Doing it twice does no harm.",
      "",
      "Example:",
      "  ./slipway cert revoke Zu25D37WdrZ4LcANC1cAK_hGDYYaCZhSP49NFozPeE4 \\",
      "      --app com.example.app --reason 'laptop stolen'",
      ""
    },
    mixinStandardHelpOptions = true)
final class RevokeCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "FINGERPRINT",
      description = "Its SHA-256, as `cert show` and `cert lineage` print it.")
  Digest certificate = Digest.sha256(new byte[0]);

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

  RevokeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() {
    CertificateView revoked =
        connection
            .ingest()
            .post(
                "/v1/apps/%s/certificates/%s/revoke".formatted(app, certificate),
                new StatedReason(reason),
                CertificateView.class);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(revoked);
    } else {
      terminal.line(LineageCommand.line(revoked, terminal));
    }
    return 0;
  }
}
