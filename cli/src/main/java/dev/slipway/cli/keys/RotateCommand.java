package dev.slipway.cli.keys;

import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Signer;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "rotate",
    header = "Changes an app's keys, one step at a time.",
    description = {
      "",
      "The fleet's key, in three steps, each between two releases:",
      "  1. --announce       makes the next key; each release from now on carries it",
      "                      to devices, inside the encrypted part.",
      "  2. --adopt          releases are sealed for both keys. Register the new",
      "                      key's id first.",
      "  3. --retire KEY_ID  releases are sealed for the new key only. Devices that",
      "                      never started a release of step 1 or 2 can open nothing",
      "                      any more.",
      "",
      "The data key (--data-key): a fresh generation at once, for when the CI's secrets leaked. Every"
          + " file of the next release is a new blob, so all of it travels once more.",
      "",
      "The signing key (--signing FOLDER): from `cert create` or `cert request`. What signed before is"
          + " put aside in the folder former/, from where `bundle migrate` lets it hand over.",
      "",
      "The key folder as it was stays beside the new one as a backup, former/keyring-N.json.",
      "",
      "Examples:",
      "  ./slipway keys rotate --announce",
      "  ./slipway keys rotate --retire fleet-1",
      "  ./slipway keys rotate --signing next-certificate",
      ""
    },
    mixinStandardHelpOptions = true)
final class RotateCommand implements Callable<Integer> {

  @ArgGroup(multiplicity = "1")
  Step step = new Step();

  @Option(names = "--json", description = "The ids of all keys afterwards, as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  RotateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// Exactly one of them.
  static final class Step {
    @Option(names = "--announce", description = "Step 1: make the fleet's next key.")
    boolean announce;

    @Option(names = "--adopt", description = "Step 2: seal for the announced key too.")
    boolean adopt;

    @Option(
        names = "--retire",
        paramLabel = "KEY_ID",
        description = "Step 3: seal for this key no more.")
    @Nullable String retire;

    @Option(names = "--data-key", description = "A fresh data key.")
    boolean dataKey;

    @Option(
        names = "--signing",
        paramLabel = "FOLDER",
        description = "Sign with the publisher.key.pem and publisher.cert.pem in this folder.")
    @Nullable Path signing;
  }

  /// What changed.
  ///
  /// @param next what to do now
  record Rotated(
      Path folder,
      List<String> fleetKeys,
      List<String> nextKeys,
      String publisherKey,
      String certificate,
      String next) {}

  @Override
  public Integer call() throws IOException {
    KeyRing before = keys.readToChange();
    KeyRing after;
    try {
      after = rotated(before);
    } catch (IllegalStateException e) {
      throw new CommandFailure("That is not the next step: " + e.getMessage(), e);
    }
    after.replace(keys.folder());
    say(after, next(after));
    return 0;
  }

  private KeyRing rotated(KeyRing ring) throws IOException {
    if (step.announce) return ring.announcing(new SecureRandom());
    if (step.adopt) return ring.adopting();
    if (step.retire != null) return ring.retiring(step.retire);
    if (step.signing == null) return ring.withFreshDataKey(new SecureRandom());
    Signer signer = Keys.signer(step.signing);
    signer.certificate().requireValidAt(surroundings.clock().instant());
    if (signer.certificate().equals(ring.certificate())) {
      throw new CommandFailure("This certificate signs already");
    }
    return ring.withSigner(signer);
  }

  private String next(KeyRing ring) {
    if (step.announce) {
      return "publish releases until the fleet has one of them; then register %s and adopt it:%n"
              .formatted(ring.nextKeys().getLast().kid())
          + "  %s%n  ./slipway keys rotate --adopt".formatted(Keys.registration(ring));
    }
    if (step.adopt) {
      return "publish releases until the fleet has one of them, then: ./slipway keys rotate --retire "
          + ring.fleetKeys().getFirst().kid();
    }
    if (step.retire != null) {
      return "retire its id for the app too, for good:%n  %s".formatted(Keys.registration(ring));
    }
    if (step.signing == null) return "seal the next release; it travels as a whole";
    return "seal the next release, and let the former certificate hand over: ./slipway bundle"
        + " migrate FILE --out HANDOVER";
  }

  private void say(KeyRing ring, String next) {
    var rotated =
        new Rotated(
            keys.folder(),
            ring.fleetKeys().stream().map(WrappingKey::kid).toList(),
            ring.nextKeys().stream().map(WrappingKey::kid).toList(),
            ring.publisherKey().kid(),
            ring.certificate().fingerprint().text(),
            next);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(rotated);
      return;
    }
    terminal.line(terminal.green("Rotated; the keys before are kept in " + former()));
    terminal.line("  sealed for    " + String.join(", ", rotated.fleetKeys()));
    if (!rotated.nextKeys().isEmpty()) {
      terminal.line("  announced     " + String.join(", ", rotated.nextKeys()));
    }
    terminal.line("  publisher key " + rotated.publisherKey());
    terminal.line("  certificate   " + rotated.certificate());
    terminal.line("Next: " + next);
  }

  private Path former() {
    Path former = keys.folder().resolve(Keys.FORMER_FOLDER);
    if (!Files.isDirectory(former)) throw new IllegalStateException("the ring puts them there");
    return former;
  }
}
