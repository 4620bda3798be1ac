package dev.slipway.cli.bundle;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Lineage;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    header = "Says whether a *.slipway file is whole and from the publisher.",
    description = {
      "",
      "Checks every byte of the file, each part's digest, the manifest's profile and its signature"
          + " against the certificate that you trust. With the app's keys also that the index opens,"
          + " names the same parts, and that all paths keep the rules; --deep decrypts every file"
          + " too.",
      "",
      "Examples:",
      "  ./slipway bundle verify com.example.app-1.4.2.slipway \\",
      "      --certificate publisher.cert.pem",
      "  ./slipway bundle verify com.example.app-1.4.2.slipway --deep",
      ""
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "The sealed bundle.")
  Path file = Path.of("");

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description =
          "The publisher's certificate that you trust (PEM); default: the one among the keys.")
  @Nullable Path certificate;

  @Option(names = "--deep", description = "Decrypts every file as well; needs the app's keys.")
  boolean deep;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  VerifyCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What has been found to be so; where something is not, there is a refusal instead.
  ///
  /// @param certificate the SHA-256 of the certificate that signed
  /// @param handsOverFrom the trusted certificate, where it hands over to the one that signed
  record Verified(
      Path file,
      String appId,
      String version,
      Digest manifest,
      Digest certificate,
      @Nullable Digest handsOverFrom,
      Contents contents) {}

  /// How far the encrypted part was looked into.
  enum Contents {
    NOT_LOOKED_INTO("not looked into: name the app's keys with --keys FOLDER"),
    INDEX("index and paths verified"),
    EVERY_FILE("every file decrypted and verified");

    private final String sentence;

    Contents(String sentence) {
      this.sentence = sentence;
    }
  }

  @Override
  public Integer call() throws IOException {
    KeyRing ring = certificate == null || keys.areNamed() ? keys.read() : null;
    if (deep && ring == null) {
      throw new CommandFailure("--deep needs the app's keys: name them with --keys FOLDER");
    }
    Verified verified = verify(ring);
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(verified);
      return 0;
    }
    terminal.line(
        terminal.green("%s %s is whole".formatted(verified.appId(), verified.version()))
            + ", signed by "
            + verified.certificate());
    if (verified.handsOverFrom() != null) {
      terminal.line("  the trusted certificate hands over to it: " + verified.handsOverFrom());
    }
    terminal.line("  manifest  " + verified.manifest());
    terminal.line("  contents  " + verified.contents().sentence);
    return 0;
  }

  private Verified verify(@Nullable KeyRing ring) throws IOException {
    Digest trusted = trusted(ring);
    try (Container container = SealedFile.open(file)) {
      if (ring != null) keys.readFor(Rewrite.app(container));
      var accepted = judge(container.manifest(), trusted);
      var verified = accepted.manifest();
      Contents contents = Contents.NOT_LOOKED_INTO;
      if (ring != null) {
        Opener opener = new Opener(verified, ring.publisherKey(verified.manifest()), container);
        contents = Contents.INDEX;
        if (deep) {
          decrypt(opener);
          contents = Contents.EVERY_FILE;
        } else {
          opener.list();
        }
      }
      return new Verified(
          file,
          verified.manifest().appId().text(),
          verified.manifest().version(),
          verified.digest(),
          verified.leaf().fingerprint(),
          accepted instanceof Continuity.Migrated migrated ? migrated.from().fingerprint() : null,
          contents);
    }
  }

  private Continuity.Accepted judge(byte[] jws, Digest trusted) {
    Instant now = surroundings.clock().instant();
    var checked = ManifestVerifier.check(jws, pinned(jws, trusted, now), now);
    return switch (Continuity.judge(
        checked, Lineage.trusting(trusted), ContinuityRules.DEFAULT, now)) {
      case Continuity.Same same -> same;
      case Continuity.Migrated migrated -> migrated;
      case Continuity.Renewed renewed -> renewed;
      case Continuity.Refused(BundleException exception) -> throw exception;
    };
  }

  /// The trusted certificate; where it hands over, also whoever it hands over to.
  private static Set<Digest> pinned(byte[] jws, Digest trusted, Instant now) {
    Set<Digest> pinned = new HashSet<>(Set.of(trusted));
    var checked = ManifestVerifier.checkUntrusted(jws, now);
    checked
        .migration()
        .filter(migration -> migration.from().leaf().fingerprint().equals(trusted))
        .ifPresent(_ -> pinned.add(checked.publisher().leaf().fingerprint()));
    return pinned;
  }

  private Digest trusted(@Nullable KeyRing ring) throws IOException {
    if (certificate != null) {
      return Keys.certificates(certificate).leaf().fingerprint();
    }
    if (ring == null) throw new CommandFailure("Whom do you trust? Name --certificate or --keys");
    return ring.certificate().fingerprint();
  }

  /// Into a folder that only this user can look into and that is gone afterwards.
  private static void decrypt(Opener opener) throws IOException {
    Path work = Files.createTempDirectory("slipway-verify-");
    try {
      opener.open(work.resolve("opened"));
    } finally {
      TemporaryFolder.delete(work);
    }
  }
}
