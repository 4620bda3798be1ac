package dev.slipway.cli.capgo;

import static dev.slipway.cli.Typing.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoKeys;
import dev.slipway.bundle.CapgoSession;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaMakerTest {

  @TempDir Path folder;
  private Path dist;
  private CapgoKeys keys;

  @BeforeEach
  void dist() throws IOException {
    dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    keys = CapgoKeys.parsePrivatePem(Files.readString(resource("capgo/demo_key_v2.private.pem")));
  }

  @Test
  void the_same_files_as_the_command_lines_own_code_makes() throws IOException {
    // Given: a delta that was made with Node by the rules of the Capgo command line
    Path source = resource("capgo/proj/dist-1.0.1");

    // When
    CapgoDelta plain = DeltaMaker.plain().make(source, folder.resolve("plain"), (_, _) -> {});
    CapgoDelta sealed = encrypted().make(source, folder.resolve("sealed"), (_, _) -> {});

    // Then: names and hashes are the same; the wrapped hash is deterministic
    assertThat(plain.manifest()).isEqualTo(expected("delta-plain"));
    assertThat(sealed.manifest()).isEqualTo(expected("delta-v3"));
    assertThat(folder.resolve("plain/index.html"))
        .hasSameBinaryContentAs(resource("capgo/delta-plain/index.html"));
    assertThat(release(sealed, "sealed").check(CapgoReleaseTest.publicKey())).isTrue();
    assertThat(release(plain, "plain").check(null)).isTrue();
  }

  @Test
  void with_the_session_of_another_delta_even_its_bytes_are_the_same() throws IOException {
    // Given
    String session = delta("delta-v3").sessionKey();
    var opened = CapgoSession.open(keys.publicKey(), session);

    // When
    CapgoDelta made =
        DeltaMaker.encrypted(keys, _ -> opened)
            .make(resource("capgo/proj/dist-1.0.1"), folder.resolve("out"), (_, _) -> {});

    // Then
    assertThat(made.sessionKey()).isEqualTo(session);
    assertThat(folder.resolve("out/assets/app.js"))
        .hasSameBinaryContentAs(resource("capgo/delta-v3/assets/app.js"));
  }

  @ParameterizedTest
  @CsvSource({"8191, false", "8192, true"})
  void brotli_begins_at_8_kib(int size, boolean compressed) throws IOException {
    // Given
    Files.writeString(dist.resolve("a.js"), "a".repeat(size));

    // When
    CapgoDelta delta = DeltaMaker.plain().make(dist, folder.resolve("out"), (_, _) -> {});

    // Then
    assertThat(delta.manifest().getFirst().fileName()).isEqualTo(compressed ? "a.js.br" : "a.js");
  }

  @Test
  void what_brotli_does_not_make_smaller_stays_as_it_is() throws IOException {
    // Given
    byte[] noise = new byte[20_000];
    new Random(7).nextBytes(noise);
    Files.write(dist.resolve("a.png"), noise);

    // When
    CapgoDelta delta = DeltaMaker.plain().make(dist, folder.resolve("out"), (_, _) -> {});

    // Then
    assertThat(delta.manifest().getFirst().fileName()).isEqualTo("a.png");
    assertThat(folder.resolve("out")).isDirectoryNotContaining("glob:**compressing**");
  }

  @ParameterizedTest
  @ValueSource(strings = {"with space.js", "already.js.br", "back\\slash.js"})
  void a_name_that_no_device_takes_is_refused_before_anything_is_written(String name)
      throws IOException {
    // Given
    Files.writeString(dist.resolve(name), "x");

    // When, Then
    assertThatThrownBy(() -> DeltaMaker.plain().make(dist, folder.resolve("out"), (_, _) -> {}))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(name);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void an_empty_file_is_refused_where_files_are_encrypted_and_only_there() throws IOException {
    // Given
    Files.createFile(dist.resolve("empty.txt"));

    // When
    CapgoDelta plain = DeltaMaker.plain().make(dist, folder.resolve("plain"), (_, _) -> {});

    // Then
    assertThat(plain.manifest()).hasSize(2);
    assertThatThrownBy(() -> encrypted().make(dist, folder.resolve("sealed"), (_, _) -> {}))
        .hasMessageContaining("empty.txt")
        .hasMessageContaining("publish the zip alone");
    assertThat(folder.resolve("sealed")).doesNotExist();
  }

  @Test
  void a_release_without_a_start_page_is_refused() throws IOException {
    // Given
    Files.move(dist.resolve("index.html"), dist.resolve("main.html"));

    // When, Then
    assertThatThrownBy(() -> DeltaMaker.plain().make(dist, folder.resolve("out"), (_, _) -> {}))
        .hasMessageContaining("index.html");
  }

  @Test
  void a_link_is_refused() throws IOException {
    // Given
    Files.createSymbolicLink(dist.resolve("link.html"), dist.resolve("index.html"));

    // When, Then
    assertThatThrownBy(() -> DeltaMaker.plain().make(dist, folder.resolve("out"), (_, _) -> {}))
        .hasMessageContaining("is a link");
  }

  private DeltaMaker encrypted() {
    return DeltaMaker.encrypted(keys, _ -> CapgoSession.random(keys, new SecureRandom()));
  }

  private static List<CapgoDelta.Entry> expected(String delta) throws IOException {
    return delta(delta).manifest();
  }

  private static CapgoDelta delta(String name) throws IOException {
    return dev.slipway.contracts.Json.LENIENT.readValue(
        resource("capgo/" + name + "/manifest.json").toFile(), CapgoDelta.class);
  }

  private CapgoRelease release(CapgoDelta delta, String name) {
    return new CapgoRelease(
        AppId.of("com.demo.app"),
        Version.of("1.0.1"),
        delta.sessionKey(),
        "",
        delta.keyId(),
        null,
        delta.manifest().stream()
            .map(
                entry ->
                    new CapgoRelease.CapgoFile(
                        entry.fileName(),
                        entry.fileHash(),
                        folder.resolve(name).resolve(entry.fileName())))
            .toList(),
        null,
        null,
        null);
  }
}
