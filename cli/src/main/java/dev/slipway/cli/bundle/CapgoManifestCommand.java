package dev.slipway.cli.bundle;

import com.fasterxml.jackson.databind.ObjectWriter;
import dev.slipway.bundle.CapgoKeys;
import dev.slipway.bundle.CapgoSession;
import dev.slipway.bundle.KeyRing;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.capgo.CapgoDelta;
import dev.slipway.cli.capgo.DeltaMaker;
import dev.slipway.cli.keys.Keys;
import dev.slipway.cli.term.Progress;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "capgo-manifest",
    header = "Makes a release file by file, for the stock Capgo plugin.",
    description = {
      "",
      "Devices then fetch only the files that they do not have yet (the plugin calls it a delta)."
          + " The Capgo command line makes such files only while it uploads to Capgo; this does the"
          + " same without: Brotli for files from 8 KiB where it saves at least 11 bytes, AES-128-CBC"
          + " under one session, SHA-256 wrapped by the app's RSA key (V3, for plugins from 7.30 and"
          + " 8.0 on).",
      "",
      "Refused, as no device could install it: names with spaces, names that end in .br, empty files"
          + " where files are encrypted, more than 10,000 files.",
      "",
      "Writes the files and " + CapgoDelta.FILE + " into a new folder.",
      "",
      "Examples:",
      "  ./slipway bundle capgo-manifest dist --out delta --private-key .capgo_key_v2",
      "  ./slipway bundle publish --app com.example.app --app-version 1.4.2 \\",
      "      --capgo-files delta",
      ""
    },
    mixinStandardHelpOptions = true)
final class CapgoManifestCommand implements Callable<Integer> {

  private static final ObjectWriter JSON = Json.STRICT.writerWithDefaultPrettyPrinter();

  @Parameters(
      paramLabel = "FOLDER",
      description = "The files of the release, index.html at its top.")
  Path folder = Path.of("");

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FOLDER",
      required = true,
      description = "Where to; must not exist yet.")
  Path out = Path.of("");

  @Option(
      names = "--private-key",
      paramLabel = "FILE",
      description =
          "The app's RSA key as `capgo key create` made it (.capgo_key_v2); default: the one among"
              + " the keys.")
  @Nullable Path privateKey;

  @Option(
      names = "--session-key",
      paramLabel = "TEXT",
      description =
          "The session of a zip of the same release, where both are published: devices are told one.")
  @Nullable String sessionKey;

  @Option(
      names = "--plain",
      description = "Do not encrypt; only for an app that is registered without confidentiality.")
  boolean plain;

  @Option(names = "--json", description = "The answer as JSON.")
  boolean json;

  @Mixin final Keys keys;
  private final Surroundings surroundings;

  CapgoManifestCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.keys = new Keys(surroundings);
  }

  /// What was made.
  ///
  /// @param bytes of all files as devices fetch them
  record Made(Path folder, int files, int compressed, long plainBytes, long bytes) {}

  @Override
  public Integer call() throws IOException {
    var terminal = surroundings.terminal();
    if (!Files.isDirectory(folder)) throw new CommandFailure(folder + " is not a folder");
    NamedFile.requireFolderOf(out);
    if (Files.exists(out)) throw new FileAlreadyExistsException(out.toString());
    if (out.toAbsolutePath().normalize().startsWith(folder.toAbsolutePath().normalize())) {
      throw new CommandFailure("--out must not be inside " + folder);
    }
    DeltaMaker maker = maker();
    long[] plainBytes = {0};
    CapgoDelta delta;
    boolean complete = false;
    try (Progress progress = new Progress(terminal, surroundings.clock())) {
      delta =
          maker.make(
              folder,
              out,
              (done, total) -> {
                plainBytes[0] = total;
                progress.show(
                    "Making %s %s of %s"
                        .formatted(
                            Progress.bar(done, total),
                            Progress.bytes(done),
                            Progress.bytes(total)));
              });
      // Last, so that a folder with it is complete.
      Files.write(out.resolve(CapgoDelta.FILE), JSON.writeValueAsBytes(delta));
      complete = true;
    } finally {
      if (!complete && Files.exists(out)) TemporaryFolder.delete(out);
    }
    Made made = made(delta, plainBytes[0]);
    if (json) {
      terminal.json(made);
      return 0;
    }
    terminal.line(
        terminal.green("%d files are in %s".formatted(made.files(), made.folder()))
            + (plain ? ", not encrypted" : ", encrypted for key " + delta.keyId()));
    terminal.line(
        "  %s of %s, %d files compressed"
            .formatted(
                Progress.bytes(made.bytes()),
                Progress.bytes(made.plainBytes()),
                made.compressed()));
    terminal.line(
        "Next: ./slipway bundle publish --app APP_ID --app-version VERSION --capgo-files " + out);
    return 0;
  }

  private Made made(CapgoDelta delta, long plainBytes) throws IOException {
    long bytes = 0;
    for (var entry : delta.manifest()) bytes += Files.size(out.resolve(entry.fileName()));
    int compressed =
        (int) delta.manifest().stream().filter(entry -> entry.fileName().endsWith(".br")).count();
    return new Made(out, delta.manifest().size(), compressed, plainBytes, bytes);
  }

  private DeltaMaker maker() throws IOException {
    if (plain) {
      if (privateKey != null || sessionKey != null) {
        throw new CommandFailure("--plain goes without --private-key and --session-key");
      }
      return DeltaMaker.plain();
    }
    KeyRing ring = privateKey == null ? keys.read() : null;
    CapgoKeys capgo =
        ring != null ? ring.capgo() : NamedFile.parse(named(), CapgoKeys::parsePrivatePem);
    if (sessionKey != null) {
      CapgoSession given = CapgoSession.open(capgo.publicKey(), sessionKey);
      return DeltaMaker.encrypted(capgo, _ -> given);
    }
    // With the data key at hand, the same folder gives the same bytes.
    return DeltaMaker.encrypted(
        capgo,
        content ->
            ring != null
                ? CapgoSession.derive(ring, content)
                : CapgoSession.random(capgo, new SecureRandom()));
  }

  private Path named() {
    if (privateKey == null) throw new IllegalStateException("a private key is named");
    return privateKey;
  }
}
