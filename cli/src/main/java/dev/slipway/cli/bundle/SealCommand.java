package dev.slipway.cli.bundle;

import dev.slipway.bundle.Base;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Packing;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.keys.Keys;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import dev.slipway.decisions.VersionOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "seal",
    header = "Encrypts and signs a folder as one *.slipway file.",
    description = {
      "",
      "Every file is encrypted by itself (AES-256-GCM), their names too; the manifest is signed."
          + " The same folder, version and time give the same bytes. For devices with the stock"
          + " Capgo plugin the release is packed once more as the encrypted zip that they open.",
      "",
      "Files are compressed where it helps and padded, so that sizes say less. The same file gives"
          + " the same part in each version: only what changed travels.",
      "",
      "Afterwards it says what is new against the last version and how many bytes will travel.",
      "",
      "Example:",
      "  ./slipway bundle seal dist --app-version 1.4.2 --note en='Faster start'",
      ""
    },
    mixinStandardHelpOptions = true)
final class SealCommand implements Callable<Integer> {

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
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Devices that ran this release never go below this number again, whoever asks;"
              + " default: ${DEFAULT-VALUE}.")
  long securityEpoch;

  @Option(
      names = "--platform",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "android,ios",
      description = "Where it can run: android, ios, electron; default: ${DEFAULT-VALUE}.")
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
      names = "--base",
      paramLabel = "FILE",
      description =
          "An earlier bundle: files that are the same keep its parts, even where another compressor"
              + " or data key made them.")
  @Nullable Path base;

  @Option(
      names = "--level",
      paramLabel = "N",
      description =
          "How hard to compress (zstd, where it helps): 0, not at all, to "
              + Packing.MAX_LEVEL
              + "; another level makes other parts.")
  @Nullable Integer level;

  @Option(
      names = "--no-padding",
      description =
          "Leave out the bytes that hide exact sizes (Padmé, at most 12 %% and far less for large"
              + " files).")
  boolean noPadding;

  @Option(
      names = "--no-capgo",
      description = "Leave out the zip for devices with the stock Capgo plugin.")
  boolean noCapgo;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  SealCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was sealed.
  ///
  /// @param comparison with the last version that lies in the same folder
  record Sealed(Inspection bundle, @Nullable Comparison comparison) {}

  @Override
  public Integer call() throws IOException {
    var terminal = surroundings.terminal();
    if (!Files.isDirectory(folder)) throw new CommandFailure(folder + " is not a folder");
    if (!Version.isValid(version) || Version.of(version).isBuiltin()) {
      throw new CommandFailure.Misunderstood(
          "--app-version: no service takes '%s'. A version has 1 to 128 characters out of letters,"
                  .formatted(version)
              + " digits and . + _ -, and is not 'builtin'");
    }
    if (securityEpoch < 0) {
      throw new CommandFailure.Misunderstood("--security-epoch is 0 or more");
    }
    requireKnown(platforms);
    if (nativeMin != null && !VersionOrder.isVersion(nativeMin)) {
      throw new CommandFailure.Misunderstood(
          "--native-min: no device can be compared with '%s'; it is written like 5.0.0"
              .formatted(nativeMin));
    }
    KeyRing ring = keys.read();
    Path target =
        out != null ? out : surroundings.here().resolve(ring.appId() + "-" + version + ".slipway");
    requireApart(target);
    if (!noCapgo && !Files.isRegularFile(folder.resolve("index.html"))) {
      throw new CommandFailure(
          "%s has no index.html at its top, with which devices start; --no-capgo seals without"
              .formatted(folder));
    }
    SealRequest request =
        new SealRequest(
                folder,
                version,
                securityEpoch,
                new Compat(platforms, nativeMin),
                created().truncatedTo(ChronoUnit.SECONDS),
                notes,
                !noCapgo)
            .with(packing());
    try (Container earlier = base == null ? null : SealedFile.open(base);
        Progress progress = new Progress(terminal, surroundings.clock())) {
      if (earlier != null) request = request.onBase(base(earlier, ring));
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
    Inspection inspection = Inspection.of(target, ring, surroundings.clock());
    Path beside = Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
    Path last = base != null ? base : Comparison.youngest(beside, ring, target).orElse(null);
    var comparison = Comparison.ifPossible(target, last, ring);
    if (json) {
      terminal.json(new Sealed(inspection, comparison.orElse(null)));
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
    comparison.map(SealCommand::text).ifPresent(terminal::line);
    terminal.line("Next: ./slipway bundle publish " + target);
    return 0;
  }

  /// What is sealed must not be among the files of the next release.
  private void requireApart(Path target) {
    NamedFile.requireFolderOf(target);
    Path from = folder.toAbsolutePath().normalize();
    if (target.toAbsolutePath().normalize().startsWith(from)) {
      throw new CommandFailure(
          "%s would lie in the folder that is sealed, and in the next release: name a place outside"
                  .formatted(target)
              + " with --out");
    }
  }

  private static void requireKnown(List<String> platforms) {
    var known =
        Stream.of(Platform.values()).map(one -> one.name().toLowerCase(Locale.ROOT)).toList();
    for (String platform : platforms) {
      if (!known.contains(platform)) {
        throw new CommandFailure.Misunderstood(
            "--platform: there is no '%s'; there are %s"
                .formatted(platform, String.join(", ", known)));
      }
    }
  }

  private Packing packing() {
    int chosen = level == null ? Packing.DEFAULT.level() : level;
    if (chosen < 0 || chosen > Packing.MAX_LEVEL) {
      throw new CommandFailure.Misunderstood("--level is between 0 and " + Packing.MAX_LEVEL);
    }
    return new Packing(chosen, !noPadding);
  }

  private static Base base(Container earlier, KeyRing ring) throws IOException {
    var verified = Inspection.atItsTime(earlier.manifest());
    return Base.of(verified, ring.publisherKey(verified.manifest()), earlier, ring.appId());
  }

  private static String text(Comparison comparison) {
    String travel =
        "%d parts, %s, and the manifest, %s"
            .formatted(
                comparison.travelParts(),
                Progress.bytes(comparison.travelBytes()),
                Progress.bytes(comparison.manifestBytes()));
    if (comparison.base() == null) return "  to send  " + travel;
    return "  against %s: %d files new, %d changed, %d gone, %d the same%n"
            .formatted(
                comparison.baseVersion(),
                comparison.added(),
                comparison.changed(),
                comparison.removed(),
                comparison.same())
        + "  to send where %s is published: %s".formatted(comparison.baseVersion(), travel);
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
