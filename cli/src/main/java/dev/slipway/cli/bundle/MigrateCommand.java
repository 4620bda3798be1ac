package dev.slipway.cli.bundle;

import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestSigner;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.bundle.Signer;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "migrate",
    header = "Lets the former certificate hand over to the one that signed a bundle.",
    description = {
      "",
      "Adds the migration signature: devices that trust the former certificate install this release,"
          + " and trust the new one once it has started healthily. Those that missed it are offered"
          + " it first, before anything newer. The former certificate may have ended, but not longer"
          + " ago than the app's grace (365 days unless set otherwise).",
      "",
      "Only a certificate that devices trust can hand over. Known to be one are the app's first, which"
          + " its publisher id is of, and those that `keys rotate --signing` put aside; any other one is"
          + " refused unless --trusted names it.",
      "",
      "Writes a new file; the input stays as it is, and is never the output.",
      "",
      "Example:",
      "  ./slipway bundle migrate com.example.app-2.0.0.slipway \\",
      "      --out handover-2.0.0.slipway",
      ""
    },
    mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "A bundle that the new certificate signed.")
  Path file = Path.of("");

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "Where to; must not exist yet.")
  Path out = Path.of("");

  @Option(
      names = "--former",
      paramLabel = "FOLDER",
      description =
          "Folder with publisher.key.pem and publisher.cert.pem of the former certificate; default:"
              + " what `keys rotate --signing` put aside last.")
  @Nullable Path former;

  @Option(
      names = "--trusted",
      paramLabel = "FILE",
      description =
          "The certificate that devices trust now (PEM), where a later hand-over is made away from the"
              + " folder that knows the former ones; `./slipway cert lineage --app APP_ID` shows its"
              + " fingerprint.")
  @Nullable Path trusted;

  @Option(
      names = "--grace-days",
      paramLabel = "DAYS",
      defaultValue = "365",
      description = "The app's grace, 0 to 365; default: ${DEFAULT-VALUE}.")
  int graceDays;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  MigrateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was written.
  ///
  /// @param from the certificate that hands over
  /// @param to the one that signed the bundle
  record Migrated(
      Path file, String appId, String version, Digest from, Digest to, Digest manifest) {}

  @Override
  public Integer call() throws IOException {
    if (graceDays < 0 || graceDays > 365) {
      throw new CommandFailure.Misunderstood("--grace-days is between 0 and 365");
    }
    Rewrite.requireOther(file, out);
    Signer old = former == null ? keys.former() : Keys.signer(former);
    Migrated migrated;
    try (Container container = SealedFile.open(file)) {
      byte[] jws =
          ManifestSigner.migrate(
              container.manifest(),
              old,
              surroundings.clock().instant(),
              Duration.ofDays(graceDays));
      var signed = ManifestVerifier.checkUntrusted(jws, surroundings.clock().instant());
      requireRelated(old.certificate(), signed.manifest());
      Rewrite.write(container, jws, out);
      migrated =
          new Migrated(
              out,
              signed.manifest().appId().text(),
              signed.manifest().version(),
              old.certificate().fingerprint(),
              signed.publisher().leaf().fingerprint(),
              signed.digest());
    }
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(migrated);
      return 0;
    }
    terminal.line(terminal.green("Hands over, as " + out));
    terminal.line("  from  " + migrated.from());
    terminal.line("  to    " + migrated.to());
    terminal.line("Next: ./slipway bundle publish " + out);
    return 0;
  }

  /// A signature by a certificate that the app's devices never trusted is worth nothing: the server
  /// refuses it as `migration-untrusted`, and so does every device.
  private void requireRelated(PublisherCertificate old, Manifest manifest) throws IOException {
    String place = former == null ? keys.formerPlace() : former.toString();
    if (trusted != null) {
      Digest named = Keys.certificates(trusted).leaf().fingerprint();
      if (old.fingerprint().equals(named)) return;
      throw new CommandFailure(
          "The certificate in %s is not the trusted one in %s: %s, not %s. Name the folder of that one's key with --former"
              .formatted(place, trusted, old.fingerprint(), named));
    }
    boolean first = old.publisherId().equals(manifest.publisherId());
    if (first || keys.putAside().contains(old.fingerprint())) return;
    throw new CommandFailure(
        """
        The certificate in %s has nothing to do with %s: it is neither the app's first, nor was it put aside in %s. \
        The server and every device would refuse its hand-over (migration-untrusted).
          certificate: %s
          Name the folder of the certificate that devices trust with --former (./slipway cert lineage --app %s shows \
        which one it is); if it is this one, say so with --trusted FILE, its certificate"""
            .formatted(
                place, manifest.appId(), keys.formerFolder(), old.fingerprint(), manifest.appId()));
  }
}
