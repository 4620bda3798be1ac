package dev.slipway.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** The files of version 1 of the format, and bundles made with their keys. */
final class Golden {

  static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  static final KeyRing KEYS = keys();
  static final Digest LEAF = KEYS.certificate().fingerprint();

  private Golden() {}

  static Path folder() {
    return resource("golden/v1");
  }

  static Path resource(String name) {
    try {
      return Path.of(Golden.class.getClassLoader().getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyRing keys() {
    try {
      return KeyRing.read(folder().resolve("keys"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The manifest of the golden bundle. */
  static byte[] jws() {
    try (Container container = Container.open(folder().resolve("bundle.slipway"))) {
      return container.manifest();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String payload() {
    return new String(
        SignedManifest.parse(jws()).payloadBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  static SealRequest request(Path folder, String version, boolean capgo) {
    return new SealRequest(
        folder,
        version,
        1,
        new Compat(List.of("android", "ios"), "5.0.0"),
        Instant.parse("2026-11-22T10:00:00Z"),
        Map.of("en", "The first one.", "fr", "La première."),
        capgo);
  }

  static VerifiedManifest seal(Path folder, String version, boolean capgo, Path target)
      throws IOException {
    return new Sealer(KEYS, CLOCK)
        .seal(request(folder, version, capgo), target, (done, total) -> {});
  }

  /** A small bundle: two files, no Capgo rendition. */
  static Path smallFolder(Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve("small"));
    Files.writeString(folder.resolve("index.html"), "<p>hello</p>");
    Files.writeString(folder.resolve("app.js"), "go();");
    return folder;
  }
}
