package dev.slipway.cli.keys;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The keys of a publisher.
@Command(
    name = "keys",
    header = "The keys that seal and sign an app's bundles.",
    description = {
      "",
      "They are made and kept on the publisher's side (your machine, your CI): no server ever gets"
          + " one. Who has the folder can publish as you; who loses it cannot publish at all.",
      ""
    },
    subcommands = KeysCommand.Init.class,
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class KeysCommand {

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

  @Command(
      name = "init",
      header = "Makes fresh keys for an app.",
      description = {
        "",
        "Writes five files that only you can read: the data key, the fleet's key, the signing key"
            + " with its certificate, and the RSA pair of devices with the Capgo plugin. Nothing is"
            + " ever overwritten.",
        "",
        "Example: ./slipway keys init com.example.app --keys ~/secrets/example",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Init implements Callable<Integer> {

    private static final long DAYS_PER_YEAR = 365;

    @Parameters(paramLabel = "APP_ID", description = "The app, such as com.example.app.")
    AppId app = new AppId("com.example.app");

    @Option(
        names = "--years",
        defaultValue = "10",
        description = "How long the certificate is valid; default: ${DEFAULT-VALUE}.")
    int years;

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Keys keys;
    private final Surroundings surroundings;

    Init(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      if (years < 1 || years > 30) throw new CommandFailure("--years is between 1 and 30");
      Path folder = keys.folder();
      if (Files.exists(folder.resolve("keyring.json"))) {
        throw new CommandFailure(
            folder + " holds keys already. Keys are never overwritten: name another folder.");
      }
      KeyRing ring =
          KeyRing.generate(
              app,
              new SecureRandom(),
              surroundings.clock().instant(),
              Duration.ofDays(DAYS_PER_YEAR * years));
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
  }
}
