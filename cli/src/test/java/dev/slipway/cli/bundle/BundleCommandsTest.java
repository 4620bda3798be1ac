package dev.slipway.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cli.Typing;
import dev.slipway.cli.Typing.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a publisher types, over real files.
class BundleCommandsTest {

  private static final String APP = "com.example.tides";
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir static Path keyFolder;
  private static Path keys = Path.of("");

  @TempDir Path folder;
  private final Typing typing = new Typing(NOW);
  private Path dist;

  @BeforeAll
  static void keys() {
    keys = keyFolder.resolve("keys");
    new Typing(NOW).slipway("keys", "init", APP, "--keys", keys, "--json").json();
  }

  @BeforeEach
  void release() throws IOException {
    dist = Files.createDirectories(folder.resolve("dist/assets")).getParent();
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    Files.writeString(dist.resolve("assets/app.js"), "tides()\n".repeat(5000));
    Files.writeString(dist.resolve("assets/moon.js"), "moon()");
  }

  @Test
  void sealing_twice_gives_the_same_bytes() throws IOException {
    // Given: two jobs with the same keys and files, at different times
    Path again = Files.createDirectories(folder.resolve("again/assets")).getParent();
    for (String file : List.of("assets/moon.js", "index.html", "assets/app.js")) {
      Files.copy(dist.resolve(file), again.resolve(file));
    }
    seal(dist, "1.0.0", "a.slipway", "--created", "2026-02-28T10:00:00Z").json();
    typing.wait(Duration.ofHours(5));

    // When
    seal(again, "1.0.0", "b.slipway", "--created", "2026-02-28T10:00:00Z").json();

    // Then
    assertThat(folder.resolve("b.slipway")).hasSameBinaryContentAs(folder.resolve("a.slipway"));
  }

  @Test
  void the_environment_can_say_the_time() throws IOException {
    // Given
    typing.with("SOURCE_DATE_EPOCH", "1772272800");
    seal(dist, "1.0.0", "a.slipway").json();
    typing.wait(Duration.ofHours(5));

    // When
    JsonNode sealed = seal(dist, "1.0.0", "b.slipway").json();

    // Then
    assertThat(sealed.at("/bundle/created").asText()).isEqualTo("2026-02-28T10:00:00Z");
    assertThat(folder.resolve("b.slipway")).hasSameBinaryContentAs(folder.resolve("a.slipway"));
  }

  @Test
  void sealing_says_what_is_new_against_the_last_version() throws IOException {
    // Given
    seal(dist, "1.0.0", APP + "-1.0.0.slipway", "--no-capgo").json();
    Files.writeString(dist.resolve("assets/app.js"), "better()\n".repeat(5000));
    Files.writeString(dist.resolve("assets/sun.js"), "sun()");
    Files.delete(dist.resolve("assets/moon.js"));

    // When
    Said said = seal(dist, "1.1.0", APP + "-1.1.0.slipway", "--no-capgo");

    // Then
    JsonNode comparison = said.json().get("comparison");
    assertThat(comparison.get("base_version").asText()).isEqualTo("1.0.0");
    assertThat(
            List.of("added", "changed", "removed", "same", "travel_parts").stream()
                .map(name -> comparison.get(name).asInt()))
        .containsExactly(1, 1, 1, 1, 3);
  }

  @Test
  void a_bundle_is_opened_as_a_device_does() throws IOException {
    // Given
    seal(dist, "1.0.0", "a.slipway").json();

    // When
    JsonNode opened =
        typing
            .slipway("bundle", "open", at("a.slipway"), at("opened"), "--keys", keys, "--json")
            .json();
    Said again = typing.slipway("bundle", "open", at("a.slipway"), at("opened"), "--keys", keys);
    Said stranger =
        typing.slipway(
            "bundle", "open", at("a.slipway"), at("other"), "--keys", keys, "--as", "fleet-9");

    // Then
    assertThat(opened.get("key").asText()).isEqualTo("fleet-1");
    assertThat(files(folder.resolve("opened"))).isEqualTo(files(dist));
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("not overwritten");
    assertThat(stranger.exit()).isEqualTo(1);
    assertThat(stranger.err()).contains("sealed for fleet-1, publisher-1");
    assertThat(folder.resolve("other")).doesNotExist();
  }

  @Test
  void a_whole_bundle_is_verified_and_a_flipped_bit_found() throws IOException {
    // Given
    seal(dist, "1.0.0", "a.slipway", "--no-capgo").json();
    byte[] bytes = Files.readAllBytes(folder.resolve("a.slipway"));
    bytes[bytes.length / 2] ^= 1;
    Files.write(folder.resolve("flipped.slipway"), bytes);

    // When
    JsonNode deep =
        typing
            .slipway("bundle", "verify", at("a.slipway"), "--keys", keys, "--deep", "--json")
            .json();
    JsonNode byCertificate =
        typing
            .slipway(
                "bundle",
                "verify",
                at("a.slipway"),
                "--certificate",
                keys.resolve("publisher.cert.pem"),
                "--json")
            .json();
    Said flipped = typing.slipway("bundle", "verify", at("flipped.slipway"), "--keys", keys);

    // Then
    assertThat(deep.get("contents").asText()).isEqualTo("every_file");
    assertThat(byCertificate.get("contents").asText()).isEqualTo("not_looked_into");
    assertThat(flipped.exit()).isEqualTo(1);
    assertThat(flipped.err()).containsPattern("\\([a-z-]+\\)\\s*$");
  }

  @Test
  void another_publishers_bundle_is_not_verified() {
    // Given
    seal(dist, "1.0.0", "a.slipway").json();
    typing.slipway("keys", "init", APP, "--keys", at("strangers"), "--json").json();

    // When
    Said said = typing.slipway("bundle", "verify", at("a.slipway"), "--keys", at("strangers"));

    // Then
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err()).contains("migration-required");
  }

  @Test
  void without_keys_the_public_part_is_shown() {
    // Given
    seal(dist, "1.0.0", "a.slipway").json();

    // When
    Said said =
        new Typing(NOW)
            .with("SLIPWAY_KEYS", at("nowhere").toString())
            .slipway("bundle", "inspect", at("a.slipway"));

    // Then
    assertThat(said.exit()).isZero();
    assertThat(said.out())
        .contains(APP + " 1.0.0", "not checked", "encrypted")
        .doesNotContain("app.js");
  }

  @Test
  void what_is_no_bundle_or_no_certificate_is_named_so() throws IOException {
    // Given
    seal(dist, "1.0.0", "a.slipway").json();
    Path text = Files.writeString(at("notes.txt"), "no bundle at all");

    // When
    var said =
        List.of(
            typing.slipway("bundle", "inspect", text),
            typing.slipway("bundle", "verify", text, "--keys", keys),
            typing.slipway("bundle", "open", text, at("opened"), "--keys", keys),
            typing.slipway("bundle", "publish", text),
            typing.slipway("bundle", "sign", text, "--out", at("b.slipway"), "--keys", keys));
    Said directory = typing.slipway("bundle", "inspect", dist);
    Said certificate = typing.slipway("bundle", "verify", at("a.slipway"), "--certificate", text);
    Said shown = typing.slipway("cert", "show", text);

    // Then
    assertThat(said)
        .allSatisfy(
            each -> {
              assertThat(each.exit()).isEqualTo(1);
              assertThat(each.err()).contains("notes.txt is no sealed bundle");
            });
    assertThat(directory.err()).contains("is a folder");
    assertThat(certificate.err()).contains("notes.txt holds no certificate");
    assertThat(shown.err()).contains("notes.txt holds no certificate");
    assertThat(at("opened")).doesNotExist();
  }

  @Test
  void keys_of_another_app_are_named_so() {
    // Given
    seal(dist, "1.0.0", "a.slipway").json();
    typing.slipway("keys", "init", "com.example.other", "--keys", at("others"), "--json").json();

    // When
    var said =
        List.of(
            typing.slipway("bundle", "inspect", at("a.slipway"), "--keys", at("others")),
            typing.slipway("bundle", "verify", at("a.slipway"), "--keys", at("others")),
            typing.slipway("bundle", "open", at("a.slipway"), at("o"), "--keys", at("others")),
            typing.slipway(
                "bundle", "sign", at("a.slipway"), "--out", at("b"), "--keys", at("others")));

    // Then
    assertThat(said)
        .allSatisfy(
            each -> {
              assertThat(each.exit()).isEqualTo(1);
              assertThat(each.err())
                  .contains("are those of com.example.other, the bundle is one of " + APP);
            });
  }

  @Test
  void a_folder_that_no_device_could_use_is_not_sealed() throws IOException {
    // Given
    Path noIndex = Files.createDirectories(at("no-index"));
    Files.writeString(noIndex.resolve("app.js"), "tides()");

    // When
    Said missing = seal(noIndex, "1.0.0", "never.slipway");
    Said within = seal(dist, "1.0.0", "dist/never.slipway");
    Said nowhere = seal(dist, "1.0.0", "nowhere/never.slipway");
    Files.writeString(dist.resolve("con.txt"), "no file on Windows");
    Said reserved = seal(dist, "1.0.0", "never.slipway");

    // Then
    assertThat(List.of(missing.exit(), within.exit(), nowhere.exit(), reserved.exit()))
        .containsOnly(1);
    assertThat(missing.err()).contains("no index.html at its top");
    assertThat(within.err()).contains("in the folder that is sealed");
    assertThat(nowhere.err()).contains("no folder " + at("nowhere"));
    assertThat(reserved.err()).contains("con.txt", "no name of a Windows device");
    try (var left = Files.walk(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith("never") || name.startsWith(".slipway"));
    }
  }

  @Test
  void what_no_device_is_or_could_be_compared_with_is_not_understood() {
    for (String[] more :
        new String[][] {
          {"--platform", "windows"}, {"--native-min", "x.y"}, {"--security-epoch", "-1"}
        }) {
      // When
      Said said = seal(dist, "1.0.0", "never.slipway", more);

      // Then
      assertThat(said.exit()).as(more[0]).isEqualTo(2);
      assertThat(said.err()).contains(more[0]);
      assertThat(at("never.slipway")).doesNotExist();
    }
  }

  @Test
  void what_is_wrong_with_a_key_is_said_of_its_file() throws IOException {
    // Given
    Path text = Files.writeString(at("notes.txt"), "no key at all");

    // When
    var said =
        List.of(
            typing.slipway("keys", "init", APP, "--keys", at("new"), "--capgo-key", text),
            typing.slipway("cert", "request", "--out", at("new"), "--key", text),
            typing.slipway(
                "bundle", "capgo-manifest", dist, "--out", at("new"), "--private-key", text));
    Said directory = typing.slipway("cert", "show", dist);
    Said nowhere =
        typing.slipway("keys", "export-recipient", "--keys", keys, "--out", at("no/key.json"));

    // Then
    assertThat(said)
        .allSatisfy(
            each -> {
              assertThat(each.exit()).isEqualTo(1);
              assertThat(each.err()).contains("notes.txt: this key cannot be read");
            });
    assertThat(directory.err()).contains("dist is a folder");
    assertThat(nowhere.err()).contains("no folder " + at("no"));
    assertThat(at("new")).doesNotExist();
  }

  @Test
  void a_version_that_no_service_takes_is_not_understood() {
    for (String version : List.of("a b", "builtin", "1/2", "")) {
      // When
      Said said = seal(dist, version, "never.slipway");

      // Then
      assertThat(said.exit()).as(version).isEqualTo(2);
      assertThat(said.err()).contains("no service takes");
      assertThat(at("never.slipway")).doesNotExist();
    }
    assertThat(seal(dist, "1.0.0", "never.slipway", "--level", "99").exit()).isEqualTo(2);
  }

  @Test
  void files_are_told_as_people_type_them() {
    assertThat(seal(dist, "1.0.0", "a.slipway").json().at("/bundle/file").asText())
        .isEqualTo(at("a.slipway").toString());
  }

  @Test
  void one_thing_is_published_at_a_time() {
    // When
    Said none = typing.slipway("bundle", "publish");
    Said two = typing.slipway("bundle", "publish", "a.slipway", "--air", "b.air");
    Said half = typing.slipway("bundle", "publish", "--capgo", "a.zip");

    // Then
    assertThat(List.of(none.exit(), two.exit(), half.exit())).containsOnly(2);
    assertThat(none.err()).contains("Name one thing to publish");
    assertThat(half.err()).contains("--app APP_ID");
  }

  private Said seal(Path source, String version, String name, String... more) {
    var words =
        new ArrayList<Object>(
            List.of(
                "bundle",
                "seal",
                source,
                "--app-version",
                version,
                "--out",
                at(name),
                "--keys",
                keys,
                "--json"));
    words.addAll(List.of(more));
    return typing.slipway(words.toArray());
  }

  private Path at(String name) {
    return folder.resolve(name);
  }

  private static TreeMap<String, String> files(Path folder) throws IOException {
    var files = new TreeMap<String, String>();
    try (var walk = Files.walk(folder)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readString(file));
      }
    }
    return files;
  }
}
