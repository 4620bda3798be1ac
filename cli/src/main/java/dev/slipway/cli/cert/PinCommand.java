package dev.slipway.cli.cert;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.bundle.NewCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pin",
    header = "Lets the certificates of an authority sign for an app.",
    description = {
      "",
      "For certificates that an authority issued: signers whose chain ends at a pinned certificate"
          + " pass. It lets nobody sign by itself: the certificate that signs now has to hand over all"
          + " the same.",
      "",
      "Example:",
      "  ./slipway cert pin root.pem --app com.example.app --reason 'new authority'",
      ""
    },
    mixinStandardHelpOptions = true)
final class PinCommand implements Callable<Integer> {

  private static final int MAX_TEXT = 32 << 10;

  @Parameters(paramLabel = "FILE", description = "The authority's certificate, one, as PEM.")
  Path file = Path.of("");

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

  PinCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  @Override
  public Integer call() throws IOException {
    String pem = NamedFile.text(file);
    if (pem.length() > MAX_TEXT) throw new CommandFailure(file + " is too large");
    if (pem.contains("PRIVATE KEY")) {
      throw new CommandFailure(file + " holds a private key; it is not sent");
    }
    if (!pem.contains("BEGIN CERTIFICATE-")) {
      throw new CommandFailure(file + " holds no certificate (PEM)");
    }
    CertificateView pinned =
        connection
            .ingest()
            .post(
                "/v1/apps/%s/certificates".formatted(app),
                new NewCertificate(pem, reason),
                CertificateView.class);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(pinned);
    } else {
      terminal.line(LineageCommand.line(pinned, terminal));
    }
    return 0;
  }
}
