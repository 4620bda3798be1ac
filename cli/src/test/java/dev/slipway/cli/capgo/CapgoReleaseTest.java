package dev.slipway.cli.capgo;

import static dev.slipway.cli.Typing.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.CapgoKeys;
import dev.slipway.bundle.CapgoPublicKey;
import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Bundles that the unchanged Capgo command line made.
class CapgoReleaseTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip, encrypt-v3-plugin8.51.23.json, V3",
    "com.demo.app_1.0.1.v2-plugin7.27.8.enc.zip, encrypt-v2-plugin7.27.8.json, V2",
    "com.demo.app_1.0.1.v2-plugin6.14.26.enc.zip, encrypt-v2-plugin6.14.26.json, V2",
    "com.demo.app_1.0.1.zip, zip-1.0.1.json, PLAIN_SHA256",
    "com.demo.app_1.0.1.zip, zip-1.0.1-plugin6.14.0.json, PLAIN_CRC32"
  })
  void a_real_zip_opens_with_the_apps_key(String zip, String printed, CapgoScheme scheme)
      throws IOException {
    // Given
    CapgoRelease release = zip(zip, printed);

    // When
    boolean checked = release.check(publicKey());

    // Then
    assertThat(release.scheme()).isEqualTo(scheme);
    assertThat(checked).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"delta-v3", "delta-plain"})
  void a_real_delta_opens_with_the_apps_key(String delta) throws IOException {
    // When
    boolean checked = files(delta).check(publicKey());

    // Then
    assertThat(checked).isTrue();
  }

  @Test
  void an_empty_file_of_an_encrypted_delta_is_found() throws IOException {
    // Given
    CapgoRelease release = files("delta-v3-emptyfile");

    // When, Then
    assertThatThrownBy(() -> release.check(publicKey()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("assets/empty.txt")
        .hasMessageContaining("Publish the zip alone");
  }

  @Test
  void without_the_key_an_encrypted_zip_is_taken_on_trust() throws IOException {
    // When
    boolean checked =
        zip("com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip", "encrypt-v3-plugin8.51.23.json")
            .check(null);

    // Then
    assertThat(checked).isFalse();
  }

  @Test
  void another_apps_key_is_found_out() throws IOException {
    // Given
    CapgoPublicKey other = CapgoKeys.generate(new SecureRandom()).publicKey();
    CapgoRelease release =
        zip("com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip", "encrypt-v3-plugin8.51.23.json");

    // When, Then
    assertThatThrownBy(() -> release.check(other))
        .hasMessageContaining("Devices could not open this")
        .hasMessageContaining(other.keyId());
  }

  @Test
  void a_flipped_bit_is_found_out() throws IOException {
    // Given
    String name = "com.demo.app_1.0.1.v3-plugin8.51.23.enc.zip";
    byte[] bytes = Files.readAllBytes(resource("capgo/" + name));
    bytes[100] ^= 1;
    Path flipped = Files.write(folder.resolve("flipped.zip"), bytes);
    JsonNode said = json("encrypt-v3-plugin8.51.23.json");
    CapgoRelease release =
        release(
            said.get("ivSessionKey").asText(), said.get("checksum").asText(), flipped, List.of());

    // When, Then
    assertThatThrownBy(() -> release.check(publicKey()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("flipped.zip");
  }

  @Test
  void checksum_and_session_key_must_go_together() throws IOException {
    // Given
    String session = json("encrypt-v3-plugin8.51.23.json").get("ivSessionKey").asText();
    String wrapped = json("encrypt-v3-plugin8.51.23.json").get("checksum").asText();
    String bare = json("zip-1.0.1.json").get("checksum").asText();

    // When, Then
    assertThatThrownBy(() -> CapgoScheme.of("", wrapped)).hasMessageContaining("--session-key");
    assertThatThrownBy(() -> CapgoScheme.of(session, bare))
        .hasMessageContaining("not with that of the plain zip");
    assertThatThrownBy(() -> CapgoScheme.of("AAAA:" + session, wrapped))
        .hasMessageContaining("ivSessionKey")
        .hasMessageNotContaining(session);
    assertThatThrownBy(() -> CapgoScheme.of(session, "abc")).hasMessageContaining("3 characters");
  }

  static CapgoPublicKey publicKey() throws IOException {
    return CapgoPublicKey.parsePem(Files.readString(resource("capgo/demo_key_v2.pub.pem")));
  }

  private static CapgoRelease zip(String zip, String printed) throws IOException {
    JsonNode said = json(printed);
    return release(
        said.path("ivSessionKey").asText(),
        said.get("checksum").asText(),
        resource("capgo/" + zip),
        List.of());
  }

  private static CapgoRelease files(String delta) throws IOException {
    JsonNode said = json(delta + "/manifest.json");
    List<CapgoRelease.CapgoFile> files = new ArrayList<>();
    for (JsonNode file : said.get("manifest")) {
      String name = file.get("file_name").asText();
      files.add(
          new CapgoRelease.CapgoFile(
              name, file.get("file_hash").asText(), resource("capgo/" + delta).resolve(name)));
    }
    return release(said.get("session_key").asText(), "", null, files);
  }

  private static CapgoRelease release(
      String sessionKey,
      String checksum,
      @org.jspecify.annotations.Nullable Path zip,
      List<CapgoRelease.CapgoFile> files) {
    return new CapgoRelease(
        AppId.of("com.demo.app"),
        Version.of("1.0.1"),
        sessionKey,
        checksum,
        null,
        zip,
        files,
        null,
        null,
        null);
  }

  private static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(resource("capgo/" + name).toFile());
  }
}
