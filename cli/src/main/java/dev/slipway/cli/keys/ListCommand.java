package dev.slipway.cli.keys;

import dev.slipway.bundle.HpkePublicKey;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    header = "Lists an app's keys by their ids, never the keys.",
    description = {"", "Example: ./slipway keys list --keys ~/secrets/example", ""},
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  ListCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// The ids of all keys.
  ///
  /// @param fleetKeys releases are sealed for these, the newest last
  /// @param nextKeys announced in releases, and not used yet
  /// @param escrowKeys releases are sealed for these too; their private halves lie elsewhere
  /// @param publisherKey opens the publisher's own earlier bundles
  /// @param capgoKeyId by which the Capgo plugin and the server tell its keys apart
  record Ids(
      String place,
      String appId,
      String publisherId,
      List<String> fleetKeys,
      List<String> nextKeys,
      List<String> escrowKeys,
      String publisherKey,
      String certificate,
      Instant certificateEndsAt,
      String capgoKeyId) {}

  @Override
  public Integer call() throws IOException {
    KeyRing ring = keys.read();
    Ids ids =
        new Ids(
            keys.place(),
            ring.appId().text(),
            ring.publisherId(),
            ring.fleetKeys().stream().map(WrappingKey::kid).toList(),
            ring.nextKeys().stream().map(WrappingKey::kid).toList(),
            ring.escrow().stream().map(HpkePublicKey::kid).toList(),
            ring.publisherKey().kid(),
            ring.certificate().fingerprint().text(),
            ring.certificate().notAfter(),
            ring.capgo().publicKey().keyId());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(ids);
      return 0;
    }
    terminal.line(terminal.bold(ids.appId()) + ", in " + ids.place());
    terminal.line("  publisher     " + ids.publisherId());
    terminal.line("  fleet keys    " + String.join(", ", ids.fleetKeys()));
    if (!ids.nextKeys().isEmpty()) {
      terminal.line("  announced     " + String.join(", ", ids.nextKeys()));
    }
    if (!ids.escrowKeys().isEmpty()) {
      terminal.line("  in escrow     " + String.join(", ", ids.escrowKeys()));
    }
    terminal.line("  publisher key " + ids.publisherKey());
    terminal.line(
        "  certificate   "
            + ids.certificate()
            + ", valid until "
            + terminal.time(ids.certificateEndsAt()));
    terminal.line("  capgo key     " + ids.capgoKeyId());
    return 0;
  }
}
