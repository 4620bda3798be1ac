package dev.slipway.cli.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.OpeningKey;
import dev.slipway.bundle.Recipient;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.cli.keys.RecipientFile;
import dev.slipway.cli.term.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "open",
    header = "Extracts a *.slipway file as a device would.",
    description = {
      "",
      "In a device's order: the publisher's signature, the content key, the index, the rules for"
          + " all paths, then each part's digest, its decryption and the file's digest. The folder"
          + " is there, complete and verified, if and only if the command ends with 0.",
      "",
      "Opens with the fleet's newest key that the bundle is sealed for, or with the key that"
          + " --as names.",
      "",
      "Examples:",
      "  ./slipway bundle open com.example.app-1.4.2.slipway opened",
      "  ./slipway bundle open com.example.app-1.4.2.slipway opened \\",
      "      --key fleet-1.json --certificate publisher.cert.pem",
      ""
    },
    mixinStandardHelpOptions = true)
final class OpenCommand implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "FILE", description = "The sealed bundle.")
  Path file = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "FOLDER",
      description = "Where to; must not exist yet, its parent must.")
  Path folder = Path.of("");

  @Option(
      names = "--as",
      paramLabel = "KEY_ID",
      description = "The key to open with, such as fleet-1 or publisher-1.")
  @Nullable String as;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "A key of `keys export-recipient` or `keys escrow create`; with --certificate nothing else"
              + " of the publisher's is needed, as on a device.")
  @Nullable Path keyFile;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description =
          "The publisher's certificate that is trusted (PEM); default: the one among the keys.")
  @Nullable Path certificate;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  OpenCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was written.
  ///
  /// @param key the id of the key that opened it
  record Opened(
      Path folder, String appId, String version, String key, List<Inspection.Entry> files) {}

  @Override
  public Integer call() throws IOException {
    NamedFile.requireFolderOf(folder);
    Opened opened;
    try (Container container = SealedFile.open(file);
        Progress progress = new Progress(surroundings.terminal(), surroundings.clock())) {
      Digest trusted = trusted(Rewrite.app(container));
      var verified =
          ManifestVerifier.verify(container.manifest(), trusted, surroundings.clock().instant());
      OpeningKey key = keyFile != null ? RecipientFile.read(keyFile) : key(verified.manifest());
      var contents =
          new Opener(verified, key, container)
              .open(
                  folder,
                  (done, total) ->
                      progress.show(
                          "Opening %s %s of %s"
                              .formatted(
                                  Progress.bar(done, total),
                                  Progress.bytes(done),
                                  Progress.bytes(total))));
      opened =
          new Opened(
              folder,
              verified.manifest().appId().text(),
              verified.manifest().version(),
              key.kid(),
              Inspection.entries(contents));
    }
    var terminal = surroundings.terminal();
    if (json) {
      terminal.json(opened);
      return 0;
    }
    long bytes = opened.files().stream().mapToLong(Inspection.Entry::length).sum();
    terminal.line(
        terminal.green("%s %s is in %s".formatted(opened.appId(), opened.version(), folder)));
    terminal.line(
        "  %d files, %s, opened with %s"
            .formatted(opened.files().size(), Progress.bytes(bytes), opened.key()));
    return 0;
  }

  private Digest trusted(AppId app) throws IOException {
    if (certificate == null) return keys.readFor(app).certificate().fingerprint();
    return Keys.certificates(certificate).leaf().fingerprint();
  }

  private OpeningKey key(Manifest manifest) throws IOException {
    KeyRing ring = keys.readFor(manifest.appId());
    List<String> recipients = manifest.recipients().stream().map(Recipient::kid).toList();
    List<WrappingKey> newestFirst =
        Stream.concat(ring.fleetKeys().reversed().stream(), Stream.of(ring.publisherKey()))
            .toList();
    return newestFirst.stream()
        .filter(key -> as == null ? recipients.contains(key.kid()) : as.equals(key.kid()))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandFailure(
                    "No key at hand opens it: it is sealed for %s, and these are the keys of %s: %s"
                        .formatted(
                            String.join(", ", recipients),
                            ring.appId(),
                            String.join(
                                ", ", newestFirst.stream().map(WrappingKey::kid).toList()))));
  }
}
