package dev.slipway.cli.keys;

import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "export-recipient",
    header = "Writes the fleet key that goes into the app.",
    description = {
      "",
      "The app's build puts it into the app: with it, devices open the bundles that are sealed for"
          + " it. The file is a secret of the build, only you can read it, and it is never printed;"
          + " who extracts it from an app can read that generation's bundles, and forge none.",
      "",
      "`bundle open --key FILE` opens a bundle with it as a device does.",
      "",
      "Example:",
      "  ./slipway keys export-recipient --out app/src/main/assets/fleet-1.json",
      ""
    },
    mixinStandardHelpOptions = true)
final class ExportRecipientCommand implements Callable<Integer> {

  @Option(
      names = "--key",
      paramLabel = "KEY_ID",
      description = "Which one; default: the newest that releases are sealed for.")
  @Nullable String kid;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "Where to. Never overwritten.")
  Path out = Path.of("");

  @Option(names = "--json", description = "The answer, which is not the key, as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  ExportRecipientCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was written.
  record Exported(Path file, String appId, String kid) {}

  @Override
  public Integer call() throws IOException {
    KeyRing ring = keys.read();
    WrappingKey key = key(ring);
    NamedFile.requireFolderOf(out);
    if (Files.exists(out)) throw new FileAlreadyExistsException(out.toString());
    RecipientFile.write(key, out);
    var exported = new Exported(out, ring.appId().text(), key.kid());
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(exported);
      return 0;
    }
    terminal.line(terminal.green("%s of %s is in %s".formatted(key.kid(), ring.appId(), out)));
    return 0;
  }

  private WrappingKey key(KeyRing ring) {
    if (kid == null) return ring.fleetKeys().getLast();
    return Stream.concat(ring.fleetKeys().stream(), ring.nextKeys().stream())
        .filter(key -> key.kid().equals(kid))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandFailure(
                    "There is no fleet key %s; ./slipway keys list names them".formatted(kid)));
  }
}
