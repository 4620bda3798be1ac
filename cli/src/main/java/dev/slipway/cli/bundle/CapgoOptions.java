package dev.slipway.cli.bundle;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.NamedFile;
import dev.slipway.cli.capgo.CapgoDelta;
import dev.slipway.cli.capgo.CapgoRelease;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/// What the Capgo command line made, as options.
final class CapgoOptions {

  private static final int MAX_JSON = 16 << 20;

  @Option(
      names = "--capgo",
      paramLabel = "ZIP",
      description = "A zip of `capgo bundle zip` or `capgo bundle encrypt`.")
  @Nullable Path zip;

  @Option(
      names = "--capgo-files",
      paramLabel = "FOLDER",
      description =
          "A release file by file, as `slipway bundle capgo-manifest` makes it, or with a"
              + " manifest.json of another tool. Alone, or the same release beside --capgo.")
  @Nullable Path files;

  @Option(names = "--app", paramLabel = "APP_ID", description = "The app.")
  @Nullable AppId app;

  @Option(names = "--app-version", paramLabel = "VERSION", description = "The version.")
  @Nullable Version version;

  @Option(
      names = "--session-key",
      paramLabel = "TEXT",
      description =
          "`ivSessionKey` as `capgo bundle encrypt --json` printed it; none for a plain zip.")
  @Nullable String sessionKey;

  @Option(
      names = "--checksum",
      paramLabel = "TEXT",
      description = "`checksum` as `capgo bundle encrypt --json` or `zip --json` printed it.")
  @Nullable String checksum;

  @Option(
      names = "--capgo-json",
      paramLabel = "FILE",
      description =
          "What `capgo bundle encrypt --json` or `zip --json` printed, in place of --session-key and"
              + " --checksum.")
  @Nullable Path printed;

  @Option(
      names = "--public-key",
      paramLabel = "FILE",
      description =
          "The app's public key (.capgo_key_v2.pub): the zip is opened with it before it is sent,"
              + " and devices with another key are not offered it. It is not sent.")
  @Nullable Path publicKey;

  @Option(
      names = "--key-id",
      paramLabel = "TEXT",
      description =
          "The first 20 characters of the public key's base64 body, where --public-key is not here.")
  @Nullable String keyId;

  @Option(
      names = "--native-min",
      paramLabel = "VERSION",
      description = "The lowest native version that can run it.")
  @Nullable String nativeMin;

  @Option(names = "--link", paramLabel = "URL", description = "A page on the release, for the app.")
  @Nullable String link;

  @Option(names = "--comment", paramLabel = "TEXT", description = "What is new, for the app.")
  @Nullable String comment;

  /// What the Capgo command line prints with `--json`.
  record Printed(
      @Nullable String checksum, @JsonProperty("ivSessionKey") @Nullable String ivSessionKey) {}

  /// The app's public key; none where it is not here.
  @Nullable CapgoPublicKey publicKey() throws IOException {
    return publicKey == null ? null : NamedFile.parse(publicKey, CapgoPublicKey::parsePem);
  }

  CapgoRelease release(CommandLine command) throws IOException {
    if (zip == null && files == null) throw missing(command, "--capgo ZIP or --capgo-files FOLDER");
    if (app == null) throw missing(command, "--app APP_ID");
    if (version == null) throw missing(command, "--app-version VERSION");
    if (printed != null && (sessionKey != null || checksum != null)) {
      throw new CommandLine.ParameterException(
          command, "--capgo-json takes the place of --session-key and --checksum");
    }
    Printed said =
        printed == null
            ? new Printed(checksum, sessionKey)
            : read(printed, Printed.class, "what `capgo bundle encrypt --json` prints");
    CapgoDelta delta =
        files == null ? null : read(delta(files), CapgoDelta.class, "the manifest of a delta");
    String session = orEmpty(said.ivSessionKey());
    String sum = orEmpty(said.checksum());
    if (zip != null && sum.isEmpty()) throw missing(command, "--checksum or --capgo-json");
    if (delta != null) {
      String ofFiles = delta.sessionKey();
      if (zip != null && !session.equals(ofFiles)) {
        throw new CommandFailure(
            "The zip and the files are encrypted under two sessions, and devices are told one: make"
                + " the files with `bundle capgo-manifest --session-key …` from that of the zip");
      }
      session = ofFiles;
    }
    var release =
        new CapgoRelease(
            app,
            version,
            session,
            sum,
            keyId(delta),
            zip,
            delta == null || files == null ? List.of() : entries(delta, files),
            nativeMin,
            link,
            comment);
    release.scheme();
    return release;
  }

  /// The delta of a folder: ours, or the plain `manifest.json` that other tools write.
  private static Path delta(Path folder) {
    Path own = folder.resolve(CapgoDelta.FILE);
    return Files.exists(own) ? own : folder.resolve("manifest.json");
  }

  private @Nullable String keyId(@Nullable CapgoDelta delta) throws IOException {
    CapgoPublicKey key = publicKey();
    if (key == null) return keyId != null || delta == null ? keyId : delta.keyId();
    if (keyId != null && !keyId.equals(key.keyId())) {
      throw new CommandFailure("--key-id is not that of --public-key, which is " + key.keyId());
    }
    return key.keyId();
  }

  private static List<CapgoRelease.CapgoFile> entries(CapgoDelta delta, Path folder) {
    return delta.manifest().stream()
        .map(
            entry ->
                new CapgoRelease.CapgoFile(
                    entry.fileName(), entry.fileHash(), inside(folder, entry.fileName())))
        .toList();
  }

  private static Path inside(Path folder, String name) {
    Path file = folder.resolve(name).normalize();
    if (name.isEmpty() || !file.startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
      throw new CommandFailure(
          "The manifest names '%s', which is not in %s".formatted(name, folder));
    }
    return file;
  }

  private static <T> T read(Path file, Class<T> type, String what) throws IOException {
    if (Files.size(file) > MAX_JSON) throw new CommandFailure(file + " is too large for " + what);
    try {
      return Json.LENIENT.readValue(Files.readAllBytes(file), type);
    } catch (JsonProcessingException e) {
      throw new CommandFailure("%s is not %s".formatted(file, what), e);
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static CommandLine.ParameterException missing(CommandLine command, String what) {
    return new CommandLine.ParameterException(
        command, "A bundle of the Capgo command line wants " + what);
  }
}
