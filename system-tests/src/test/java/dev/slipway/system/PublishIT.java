package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.stack.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Publishing with the commands that people type, against the real services.
@ExtendWith(RunningSuite.Extension.class)
class PublishIT {

  private static final int FILES = 30;
  private static final int FILE_BYTES = 40_000;

  /// What HTTP may add: a HEAD per part, and the headers of PUT and POST.
  private static final long HEADERS = 600;

  @TempDir Path folder;

  @Test
  void the_next_version_with_one_changed_file_sends_one_blob_index_and_manifest(RunningSuite suite)
      throws Exception {
    // Given
    String app = app(suite, "onefile");
    Path dist = dist(11);
    seal(suite, dist, "1.0.0");
    JsonNode first =
        suite.slipway(folder, "bundle", "publish", file(app, "1.0.0"), "--json").json();
    Files.write(dist.resolve("assets/file-7.bin"), noise(12));
    JsonNode sealed = seal(suite, dist, "1.1.0");
    double blobsBefore = suite.metric(Service.INGEST, "slipway_ingest_blobs_total", "stored");

    // When
    JsonNode second;
    long onTheWire;
    try (var line = new Line(suite.ingest().base(), Long.MAX_VALUE)) {
      second = publishThrough(suite, line, app, "1.1.0");
      onTheWire = line.bytesUp();
    }

    // Then
    Map<Digest, Long> before = parts(app, "1.0.0");
    Map<Digest, Long> after = parts(app, "1.1.0");
    after.keySet().removeAll(before.keySet());
    long manifest = manifest(app, "1.1.0").length;
    long blobs = after.values().stream().mapToLong(Long::longValue).sum();
    System.out.printf(
        "first version: %,d bytes; one file of %d changed (%,d bytes): %,d bytes in %d parts, manifest"
            + " %,d, on the wire %,d%n",
        first.at("/sent_bytes").asLong(),
        FILES + 1,
        FILE_BYTES,
        blobs,
        after.size(),
        manifest,
        onTheWire);
    assertThat(after).as("the file's blob and the index").hasSize(2);
    assertThat(second.at("/sent/parts").asInt()).isEqualTo(2);
    assertThat(second.at("/sent/bytes").asLong()).isEqualTo(blobs);
    assertThat(second.at("/commit_bytes").asLong()).isEqualTo(manifest);
    assertThat(second.at("/sent_bytes").asLong()).isEqualTo(blobs + manifest);
    assertThat(second.at("/there/parts").asInt()).isEqualTo(FILES);
    assertThat(suite.metric(Service.INGEST, "slipway_ingest_blobs_total", "stored") - blobsBefore)
        .isEqualTo(2);
    assertThat(onTheWire).isBetween(blobs + manifest, blobs + manifest + HEADERS * (FILES + 2 + 3));
    // and sealing had said so
    assertThat(sealed.at("/comparison/travel_parts").asInt()).isEqualTo(2);
    assertThat(sealed.at("/comparison/travel_bytes").asLong()).isEqualTo(blobs);
    assertThat(sealed.at("/comparison/manifest_bytes").asLong()).isEqualTo(manifest);
    assertThat(sealed.at("/comparison/changed").asInt()).isEqualTo(1);
    assertThat(sealed.at("/comparison/same").asInt()).isEqualTo(FILES);
  }

  @Test
  void a_publish_killed_in_the_middle_is_resumed(RunningSuite suite) throws Exception {
    // Given: a line that goes silent after a third of the bytes
    String app = app(suite, "killed");
    seal(suite, dist(21), "1.0.0");
    Map<Digest, Long> parts = parts(app, "1.0.0");
    long total = parts.values().stream().mapToLong(Long::longValue).sum();
    try (var line = new Line(suite.ingest().base(), total / 3)) {
      Process publish =
          suite.begin(
              folder,
              environment(suite, line),
              folder.resolve("killed.out"),
              "bundle",
              "publish",
              file(app, "1.0.0"));
      assertThat(line.awaitSilence(120)).isTrue();
      publish.destroyForcibly().waitFor();
    }
    boolean visible = suite.ingest().find(path(app, "1.0.0"), BundleState.class).isPresent();

    // When
    JsonNode resumed;
    long onTheWire;
    try (var line = new Line(suite.ingest().base(), Long.MAX_VALUE)) {
      resumed = publishThrough(suite, line, app, "1.0.0");
      onTheWire = line.bytesUp();
    }
    JsonNode again =
        suite.slipway(folder, "bundle", "publish", file(app, "1.0.0"), "--json").json();

    // Then
    assertThat(visible).as("half a version").isFalse();
    int there = resumed.at("/there/parts").asInt();
    System.out.printf(
        "killed after %,d of %,d bytes; %d of %d parts had arrived, %,d bytes sent by the second run%n",
        total / 3, total, there, parts.size(), onTheWire);
    assertThat(there).isBetween(1, parts.size() - 1);
    assertThat(resumed.at("/sent/parts").asInt()).isEqualTo(parts.size() - there);
    assertThat(resumed.at("/is_new").asBoolean()).isTrue();
    assertThat(onTheWire).isLessThan(total);
    assertThat(again.at("/is_new").asBoolean()).isFalse();
    assertThat(again.at("/sent/parts").asInt()).isZero();
    assertThat(again.at("/bundle/accepted_at")).isEqualTo(resumed.at("/bundle/accepted_at"));
  }

  private String app(RunningSuite suite, String name) throws Exception {
    String app = "dev.slipway.publish." + name;
    suite.slipway(folder, "keys", "init", app, "--json").json();
    suite.slipway(folder, "app", "create", app, "--json").json();
    return app;
  }

  /// A release of files that no compression makes smaller.
  private Path dist(long seed) throws IOException {
    Path dist = Files.createDirectories(folder.resolve("dist/assets")).getParent();
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    for (int i = 0; i < FILES; i++) {
      Files.write(dist.resolve("assets/file-" + i + ".bin"), noise(seed * FILES + i));
    }
    return dist;
  }

  private static byte[] noise(long seed) {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private JsonNode seal(RunningSuite suite, Path dist, String version) throws Exception {
    return suite
        .slipway(
            folder,
            "bundle",
            "seal",
            dist.toString(),
            "--app-version",
            version,
            "--no-capgo",
            "--json")
        .json();
  }

  private JsonNode publishThrough(RunningSuite suite, Line line, String app, String version)
      throws Exception {
    Path out = folder.resolve("publish.out");
    Process publish =
        suite.begin(
            folder,
            environment(suite, line),
            out,
            "bundle",
            "publish",
            file(app, version),
            "--json");
    assertThat(publish.waitFor()).isZero();
    return Json.LENIENT.readTree(Files.readString(out));
  }

  private static Map<String, String> environment(RunningSuite suite, Line line) throws IOException {
    return Map.of(
        "SLIPWAY_INGEST_URL", line.near().toString(), "SLIPWAY_ACCESS_KEY", suite.ownerKey());
  }

  private static String file(String app, String version) {
    return app + "-" + version + ".slipway";
  }

  private static String path(String app, String version) {
    return "/v1/apps/" + app + "/bundles/" + version;
  }

  private byte[] manifest(String app, String version) throws IOException {
    try (Container container = Container.open(folder.resolve(file(app, version)))) {
      return container.manifest();
    }
  }

  private Map<Digest, Long> parts(String app, String version) throws IOException {
    Manifest manifest = ManifestVerifier.readUnverified(manifest(app, version));
    return manifest.allBlobs().collect(Collectors.toMap(Blob::id, Blob::size));
  }
}
