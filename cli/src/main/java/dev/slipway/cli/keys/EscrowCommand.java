package dev.slipway.cli.keys;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.HpkeKey;
import dev.slipway.bundle.HpkePublicKey;
import dev.slipway.bundle.KeyRing;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Keys of last resort, which share no secret with the publisher.
@Command(
    name = "escrow",
    header = "Seals releases for a key in a safe as well.",
    description = {
      "",
      "A pair (X25519, HPKE) whose private half lies elsewhere, offline: with it, releases can be"
          + " opened even where all keys of the publisher and the fleet are lost. Register its id for"
          + " the app, as those of the fleet's keys. A release that is sealed for it has other bytes"
          + " each time.",
      "",
      "Example:",
      "  ./slipway keys escrow create escrow-1 --out /media/safe",
      "  ./slipway keys escrow add /media/safe/escrow-1.pub.json",
      "  ./slipway bundle open app-1.0.0.slipway opened \\",
      "      --key /media/safe/escrow-1.json",
      ""
    },
    subcommands = {EscrowCommand.Create.class, EscrowCommand.Add.class, EscrowCommand.Remove.class},
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
final class EscrowCommand {

  private static final int MAX_FILE = 4096;

  /// The pair that was made.
  record Made(String kid, Path privateKey, Path publicKey) {}

  @Command(
      name = "create",
      header = "Makes a pair.",
      description = {
        "",
        "Writes KEY_ID.json, the private half, which only you can read, and KEY_ID.pub.json.",
        "",
        "Example: ./slipway keys escrow create escrow-1 --out /media/safe",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {

    @Parameters(paramLabel = "KEY_ID", description = "Its id, such as escrow-1.")
    String kid = "";

    @Option(
        names = {"-o", "--out"},
        paramLabel = "FOLDER",
        required = true,
        description = "Where to; is made if it is not there.")
    Path out = Path.of("");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    private final Surroundings surroundings;

    Create(Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws IOException {
      HpkeKey key = HpkeKey.generate(kid, new SecureRandom());
      Made made = new Made(kid, out.resolve(kid + ".json"), out.resolve(kid + ".pub.json"));
      for (Path file : List.of(made.privateKey(), made.publicKey())) {
        if (Files.exists(file)) throw new FileAlreadyExistsException(file.toString());
      }
      SecretFile.folder(out);
      RecipientFile.write(key, made.privateKey());
      Files.writeString(made.publicKey(), key.publicKey().json() + "\n");
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(made);
        return 0;
      }
      terminal.line(terminal.green("The private half is " + made.privateKey()));
      terminal.line("Next: ./slipway keys escrow add " + made.publicKey());
      return 0;
    }
  }

  @Command(
      name = "add",
      header = "Seals releases for such a key from now on.",
      description = {"", "Example: ./slipway keys escrow add escrow-1.pub.json", ""},
      mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The public half.")
    Path file = Path.of("");

    @Option(names = "--json", description = "The ids of the keys in escrow, as JSON.")
    boolean json;

    @Mixin final Keys keys;
    private final Surroundings surroundings;

    Add(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      if (Files.size(file) > MAX_FILE) throw new CommandFailure(file + " is too large for a key");
      HpkePublicKey key;
      try {
        key = HpkePublicKey.parse(Files.readString(file));
      } catch (BundleException | MalformedInputException _) {
        // Not as a cause: it may be the private half.
        throw new CommandFailure(
            "%s is no public half of a pair; `keys escrow create` makes it as KEY_ID.pub.json"
                .formatted(file));
      }
      return change(keys, surroundings, json, keys.readToChange().withEscrow(key));
    }
  }

  @Command(
      name = "remove",
      header = "Seals releases for such a key no more.",
      description = {"", "Example: ./slipway keys escrow remove escrow-1", ""},
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {

    @Parameters(paramLabel = "KEY_ID", description = "Its id.")
    String kid = "";

    @Option(names = "--json", description = "The ids of the keys in escrow, as JSON.")
    boolean json;

    @Mixin final Keys keys;
    private final Surroundings surroundings;

    Remove(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      KeyRing ring = keys.readToChange();
      if (ring.escrow().stream().noneMatch(key -> key.kid().equals(kid))) {
        throw new CommandFailure(
            "Releases are sealed for no key %s in escrow; ./slipway keys list names them"
                .formatted(kid));
      }
      return change(keys, surroundings, json, ring.withoutEscrow(kid));
    }
  }

  private static int change(Keys keys, Surroundings surroundings, boolean json, KeyRing ring)
      throws IOException {
    ring.replace(keys.folder());
    List<String> ids = ring.escrow().stream().map(HpkePublicKey::kid).toList();
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(ids);
    } else {
      terminal.line(
          terminal.green(
              ids.isEmpty()
                  ? "Releases are sealed for no key in escrow"
                  : "Releases are sealed for " + String.join(", ", ids) + " as well"));
      terminal.line(
          "Next: register exactly these keys for the app:%n  %s"
              .formatted(Keys.registration(ring)));
    }
    return 0;
  }
}
