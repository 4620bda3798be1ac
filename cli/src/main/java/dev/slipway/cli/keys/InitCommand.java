package dev.slipway.cli.keys;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoKeys;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "init",
    header = "Makes fresh keys for an app.",
    description = {
      "",
      "Writes five files that only you can read: the data key and the fleet's key, the signing key"
          + " with its certificate, and the RSA pair of devices with the Capgo plugin. Nothing is"
          + " ever overwritten.",
      "",
      "An app in the field that has a Capgo key already keeps it: --capgo-key.",
      "",
      "Examples:",
      "  ./slipway keys init com.example.app --keys ~/secrets/example",
      "  ./slipway keys init com.example.app --capgo-key .capgo_key_v2",
      ""
    },
    mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {

  private static final long DAYS_PER_YEAR = 365;

  @Parameters(paramLabel = "APP_ID", description = "The app, such as com.example.app.")
  AppId app = new AppId("com.example.app");

  @Option(
      names = "--years",
      paramLabel = "YEARS",
      defaultValue = "10",
      description = "How long the certificate is valid; default: ${DEFAULT-VALUE}.")
  int years;

  @Option(
      names = "--capgo-key",
      paramLabel = "FILE",
      description =
          "The private key of `capgo key create` (.capgo_key_v2), whose public half is in the app"
              + " already; default: a fresh pair.")
  @Nullable Path capgoKey;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  InitCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was made.
  ///
  /// @param capgoPublicKey for the app's capacitor.config.json
  record Made(
      Path folder,
      AppId appId,
      String publisherId,
      String certificate,
      Instant validUntil,
      List<String> keyIds,
      String capgoPublicKey) {}

  @Override
  public Integer call() throws IOException {
    if (years < 1 || years > 30)
      throw new CommandFailure.Misunderstood("--years is between 1 and 30");
    Path folder = keys.folder();
    if (Files.exists(folder.resolve("keyring.json"))) {
      throw new CommandFailure(
          folder + " holds keys already. Keys are never overwritten: name another folder.");
    }
    KeyRing ring = ring();
    ring.write(folder);
    Made made =
        new Made(
            folder,
            app,
            ring.publisherId(),
            ring.certificate().fingerprint().text(),
            ring.certificate().notAfter(),
            ring.fleetKeys().stream().map(WrappingKey::kid).toList(),
            ring.capgo().publicKey().pem());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(made);
      return 0;
    }
    terminal.line(terminal.green("Keys of " + app + " are in " + folder));
    terminal.line("  publisher    " + made.publisherId());
    terminal.line(
        "  certificate  "
            + made.certificate()
            + ", valid until "
            + terminal.time(made.validUntil()));
    terminal.line("  fleet keys   " + String.join(", ", made.keyIds()));
    terminal.line();
    terminal.line("For devices with the Capgo plugin, as plugins.CapacitorUpdater.publicKey:");
    terminal.line(made.capgoPublicKey().strip());
    terminal.line();
    terminal.line("Keep a copy of the folder in a safe place. Next: ./slipway app create " + app);
    return 0;
  }

  private KeyRing ring() throws IOException {
    KeyRing fresh =
        KeyRing.generate(
            app,
            new SecureRandom(),
            surroundings.clock().instant(),
            Duration.ofDays(DAYS_PER_YEAR * years));
    return capgoKey == null
        ? fresh
        : fresh.withCapgo(NamedFile.parse(capgoKey, CapgoKeys::parsePrivatePem));
  }
}
