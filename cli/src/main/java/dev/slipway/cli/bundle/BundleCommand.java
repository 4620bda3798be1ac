package dev.slipway.cli.bundle;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.Recipient;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.term.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Sealed bundles.
@Command(
    name = "bundle",
    header = "Seals a release, looks into a sealed one, publishes it.",
    subcommands = {
      BundleCommand.Seal.class,
      BundleCommand.Inspect.class,
      BundleCommand.Publish.class
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class BundleCommand {

  private static final int DIGITS_SHOWN = 12;

  /// What a manifest says, and what its reader knows of it.
  ///
  /// @param signature `verified` where the publisher's certificate was at hand
  /// @param files present where a key was at hand
  record Inspection(
      Path file,
      String appId,
      String version,
      String publisherId,
      String signature,
      Instant created,
      long securityEpoch,
      List<String> platforms,
      @Nullable String nativeMin,
      Digest manifest,
      List<String> recipients,
      int blobs,
      long totalSize,
      boolean capgo,
      @Nullable List<Entry> files,
      @Nullable Map<String, String> notes) {}

  record Entry(String path, long length, Digest sha256) {}

  @Command(
      name = "seal",
      header = "Encrypts and signs a folder as one *.slipway file.",
      description = {
        "",
        "Every file is encrypted by itself (AES-256-GCM), their names too; the manifest is signed."
            + " The same folder, version and time give the same bytes. For devices with the stock"
            + " Capgo plugin the release is packed once more as the encrypted zip that they open.",
        "",
        "Example: ./slipway bundle seal dist --app-version 1.4.2 --note en='Faster start'",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Seal implements Callable<Integer> {

    @Parameters(
        paramLabel = "FOLDER",
        description = "The files of the release, index.html at its top.")
    Path folder = Path.of("");

    @Option(
        names = "--app-version",
        paramLabel = "VERSION",
        required = true,
        description = "The version, such as 1.4.2.")
    String version = "";

    @Option(
        names = {"-o", "--out"},
        paramLabel = "FILE",
        description = "Where to; default: APP_ID-VERSION.slipway here. Never overwritten.")
    @Nullable Path out;

    @Option(
        names = "--security-epoch",
        defaultValue = "0",
        description =
            "Devices that ran this release never go below this number again, whoever asks;"
                + " default: ${DEFAULT-VALUE}.")
    long securityEpoch;

    @Option(
        names = "--platform",
        split = ",",
        defaultValue = "android,ios",
        description = "Where it can run; default: ${DEFAULT-VALUE}.")
    List<String> platforms = List.of();

    @Option(
        names = "--native-min",
        paramLabel = "VERSION",
        description = "The lowest native version that can run it.")
    @Nullable String nativeMin;

    @Option(
        names = "--note",
        paramLabel = "LANGUAGE=TEXT",
        description = "What is new; only devices can read it. May be repeated.")
    Map<String, String> notes = Map.of();

    @Option(
        names = "--created",
        paramLabel = "TIME",
        description =
            "The release's time, as 2026-11-22T10:00:00Z. Environment: SOURCE_DATE_EPOCH; default:"
                + " now.")
    @Nullable Instant created;

    @Option(
        names = "--no-capgo",
        description = "Leave out the zip for devices with the stock Capgo plugin.")
    boolean noCapgo;

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Keys keys;
    private final Surroundings surroundings;

    Seal(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      var terminal = surroundings.terminal();
      if (!Files.isDirectory(folder)) throw new CommandFailure(folder + " is not a folder");
      KeyRing ring = keys.read();
      Path target =
          out != null
              ? out
              : surroundings.here().resolve(ring.appId() + "-" + version + ".slipway");
      SealRequest request =
          new SealRequest(
              folder,
              version,
              securityEpoch,
              new Compat(platforms, nativeMin),
              created().truncatedTo(ChronoUnit.SECONDS),
              notes,
              !noCapgo);
      try (Progress progress = new Progress(terminal, surroundings.clock())) {
        new Sealer(ring, surroundings.clock())
            .sealToContainer(
                request,
                target,
                (done, total) ->
                    progress.show(
                        "Sealing %s %s of %s"
                            .formatted(
                                Progress.bar(done, total),
                                Progress.bytes(done),
                                Progress.bytes(total))));
      }
      Inspection inspection = inspect(target, ring, surroundings);
      if (json) {
        terminal.json(inspection);
        return 0;
      }
      terminal.line(terminal.green("Sealed as " + target));
      terminal.line(
          "  %s %s: %d blobs, %s%s"
              .formatted(
                  inspection.appId(),
                  inspection.version(),
                  inspection.blobs(),
                  Progress.bytes(inspection.totalSize()),
                  inspection.capgo() ? ", and the zip of the Capgo plugin" : ""));
      terminal.line("  manifest " + inspection.manifest());
      terminal.line("Next: ./slipway bundle publish " + target);
      return 0;
    }

    private Instant created() {
      if (created != null) return created;
      return surroundings
          .variable("SOURCE_DATE_EPOCH")
          .map(
              seconds -> {
                try {
                  return Instant.ofEpochSecond(Long.parseLong(seconds.strip()));
                } catch (NumberFormatException e) {
                  throw new CommandFailure("SOURCE_DATE_EPOCH is not a number of seconds", e);
                }
              })
          .orElseGet(() -> surroundings.clock().instant());
    }
  }

  @Command(
      name = "inspect",
      header = "Shows what a *.slipway file is.",
      description = {
        "",
        "Without keys: what its signed manifest says, and that its bytes are complete. With the"
            + " app's keys: whether the publisher really signed it, and which files are in it.",
        "",
        "Example: ./slipway bundle inspect com.example.app-1.4.2.slipway --keys slipway-keys",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Inspect implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The sealed bundle.")
    Path file = Path.of("");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Keys keys;
    private final Surroundings surroundings;

    Inspect(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.keys = new Keys(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      Inspection inspection = inspect(file, ring(), surroundings);
      var terminal = surroundings.terminal();
      if (json) {
        terminal.json(inspection);
        return 0;
      }
      terminal.line(terminal.bold(inspection.appId() + " " + inspection.version()));
      terminal.line("  signature       " + inspection.signature());
      terminal.line("  publisher       " + inspection.publisherId());
      terminal.line("  created         " + terminal.time(inspection.created()));
      terminal.line("  security epoch  " + inspection.securityEpoch());
      terminal.line(
          "  runs on         "
              + String.join(", ", inspection.platforms())
              + (inspection.nativeMin() == null
                  ? ""
                  : " from native version " + inspection.nativeMin()));
      terminal.line("  manifest        " + inspection.manifest());
      terminal.line("  sealed for      " + String.join(", ", inspection.recipients()));
      terminal.line(
          "  parts           %d blobs, %s; %s"
              .formatted(
                  inspection.blobs(),
                  Progress.bytes(inspection.totalSize()),
                  inspection.capgo()
                      ? "with the zip of the Capgo plugin"
                      : "no zip for the Capgo plugin"));
      var files = inspection.files();
      if (files == null) {
        terminal.line(
            "  files           encrypted; name the app's keys to list them: --keys FOLDER");
        return 0;
      }
      for (Entry entry : files) {
        terminal.line(
            "  %12s  %s  %s"
                .formatted(
                    Progress.bytes(entry.length()),
                    entry.sha256().text().substring(0, DIGITS_SHOWN),
                    entry.path()));
      }
      return 0;
    }

    /// Keys that nobody named are used only where they are this app's.
    private @Nullable KeyRing ring() throws IOException {
      if (keys.folder != null) return keys.read();
      if (!Files.isDirectory(keys.folder())) return null;
      KeyRing ring = keys.read();
      try (Container container = Container.open(file)) {
        Manifest manifest = ManifestVerifier.readUnverified(container.manifest());
        return manifest.appId().equals(ring.appId()) ? ring : null;
      }
    }
  }

  @Command(
      name = "publish",
      header = "Uploads a *.slipway file.",
      description = {
        "",
        "Sends only the parts that the server does not have, several at a time, tries again where"
            + " the line breaks, and the signed manifest last. Publishing the same file again does"
            + " nothing. Nobody gets the version yet: that is what a rollout is for.",
        "",
        "Example: ./slipway bundle publish com.example.app-1.4.2.slipway",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Publish implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The sealed bundle.")
    Path file = Path.of("");

    @Option(names = "--json", description = "The answer as JSON.")
    boolean json;

    @Mixin final Connection connection;
    private final Surroundings surroundings;

    Publish(Surroundings surroundings) {
      this.surroundings = surroundings;
      this.connection = new Connection(surroundings);
    }

    @Override
    public Integer call() throws IOException {
      var terminal = surroundings.terminal();
      Publisher.Publication done;
      try (Container container = Container.open(file);
          Progress progress = new Progress(terminal, surroundings.clock())) {
        done =
            new Publisher(
                    connection.ingest(),
                    (sent, total) ->
                        progress.show(
                            "Publishing %s %s of %s"
                                .formatted(
                                    Progress.bar(sent, total),
                                    Progress.bytes(sent),
                                    Progress.bytes(total))))
                .publish(container.manifest(), container);
      }
      if (json) {
        terminal.json(done);
        return 0;
      }
      var bundle = done.bundle();
      terminal.line(
          terminal.green("%s %s is published".formatted(bundle.appId(), bundle.version()))
              + ", accepted "
              + terminal.time(bundle.acceptedAt()));
      terminal.line(
          "  sent %d parts, %s; already there %d parts, %s"
              .formatted(
                  done.sentParts(),
                  Progress.bytes(done.sentBytes()),
                  done.thereParts(),
                  Progress.bytes(done.thereBytes())));
      terminal.line(
          "Next: ./slipway rollout start --app %s --app-version %s --reason '…'"
              .formatted(bundle.appId(), bundle.version()));
      return 0;
    }
  }

  private static Inspection inspect(Path file, @Nullable KeyRing keys, Surroundings surroundings)
      throws IOException {
    try (Container container = Container.open(file)) {
      byte[] jws = container.manifest();
      Manifest manifest = ManifestVerifier.readUnverified(jws);
      String signature = "not checked: name the app's keys with --keys FOLDER";
      List<Entry> files = null;
      Map<String, String> notes = null;
      if (keys != null) {
        var verified =
            ManifestVerifier.verify(
                jws, keys.certificate().fingerprint(), surroundings.clock().instant());
        signature = "verified";
        var contents = new Opener(verified, keys.publisherKey(), container).list();
        files =
            contents.files().stream()
                .map(entry -> new Entry(entry.path(), entry.length(), entry.digest()))
                .toList();
        notes = contents.notes();
      }
      return new Inspection(
          file,
          manifest.appId().text(),
          manifest.version(),
          manifest.publisherId(),
          signature,
          manifest.created(),
          manifest.securityEpoch(),
          manifest.compat().platforms(),
          manifest.compat().nativeMin(),
          Digest.sha256(jws),
          manifest.recipients().stream().map(Recipient::kid).toList(),
          (int) manifest.allBlobs().map(Blob::id).count(),
          manifest.totalSize(),
          manifest.capgo() != null,
          files,
          notes);
    }
  }
}
