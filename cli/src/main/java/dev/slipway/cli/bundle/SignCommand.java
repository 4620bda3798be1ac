package dev.slipway.cli.bundle;

import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ManifestSigner;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Signer;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "sign",
    header = "Signs a sealed bundle anew, such as on a machine that alone has the key.",
    description = {
      "",
      "The parts and what the manifest says stay as they are, to the byte; earlier signatures fall"
          + " away, a hand-over too. An ended certificate is refused. Writes a new file; the input"
          + " stays as it is, and is never the output.",
      "",
      "Example:",
      "  ./slipway bundle sign com.example.app-2.0.0.slipway \\",
      "      --out signed-2.0.0.slipway",
      ""
    },
    mixinStandardHelpOptions = true)
final class SignCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "The sealed bundle.")
  Path file = Path.of("");

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "Where to; must not exist yet.")
  Path out = Path.of("");

  @Option(
      names = "--signer",
      paramLabel = "FOLDER",
      description =
          "Folder with publisher.key.pem and publisher.cert.pem; default: those among the keys.")
  @Nullable Path signer;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  SignCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was written.
  ///
  /// @param certificate the SHA-256 of the one that signed
  record Signed(Path file, String appId, String version, Digest certificate, Digest manifest) {}

  @Override
  public Integer call() throws IOException {
    Rewrite.requireOther(file, out);
    Signed signed;
    try (Container container = SealedFile.open(file)) {
      Signer by =
          signer == null ? keys.readFor(Rewrite.app(container)).signer() : Keys.signer(signer);
      byte[] jws =
          ManifestSigner.signAnew(container.manifest(), by, surroundings.clock().instant());
      Rewrite.write(container, jws, out);
      var checked = ManifestVerifier.checkUntrusted(jws, surroundings.clock().instant());
      signed =
          new Signed(
              out,
              checked.manifest().appId().text(),
              checked.manifest().version(),
              by.certificate().fingerprint(),
              checked.digest());
    }
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(signed);
      return 0;
    }
    terminal.line(terminal.green("Signed as " + out));
    terminal.line("  certificate  " + signed.certificate());
    terminal.line("  manifest     " + signed.manifest());
    terminal.line("Next: ./slipway bundle publish " + out);
    return 0;
  }
}
