package dev.slipway.cli.keys;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cli.Typing;
import dev.slipway.cli.Typing.Said;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysCommandsTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String APP = "com.demo.app";

  @TempDir Path folder;
  private final Typing typing = new Typing(NOW);
  private Path keys;

  @BeforeEach
  void keys() {
    keys = folder.resolve("keys");
    typing
        .slipway(
            "keys",
            "init",
            APP,
            "--keys",
            keys,
            "--capgo-key",
            Typing.resource("capgo/demo_key_v2.private.pem"),
            "--json")
        .json();
  }

  @Test
  void an_app_in_the_field_keeps_its_capgo_key() {
    // When
    JsonNode ids = typing.slipway("keys", "list", "--keys", keys, "--json").json();

    // Then
    assertThat(ids.get("capgo_key_id").asText()).isEqualTo("MIIBCgKCAQEAnhGZZEW6");
    assertThat(ids.get("fleet_keys").get(0).asText()).isEqualTo("fleet-1");
    assertThat(ids.get("next_keys")).isEmpty();
  }

  @Test
  void no_command_says_a_secret() throws IOException {
    // Given
    List<String> secrets = new ArrayList<>(secretsIn(keys));
    List<Said> said = new ArrayList<>();

    // When
    for (String json : List.of("--json", "--no-such-option")) {
      said.add(typing.slipway("keys", "list", "--keys", keys, json));
      said.add(typing.slipway("keys", "rotate", "--announce", "--keys", keys, json));
      said.add(
          typing.slipway(
              "keys", "export-recipient", "--keys", keys, "--out", folder.resolve("r"), json));
      said.add(typing.slipway("cert", "show", "--keys", keys, json));
    }
    said.add(typing.slipway("keys", "list", "--keys", keys));
    String broken = Files.readString(keys.resolve("keyring.json")).replace("fleet-1", "");
    said.add(typing.with("SLIPWAY_KEYRING", broken).slipway("keys", "list"));
    secrets.addAll(secretsIn(keys));

    // Then
    assertThat(secrets).hasSizeGreaterThan(5);
    assertThat(said).allSatisfy(one -> assertThat(one.out() + one.err()).doesNotContain(secrets));
  }

  @Test
  void a_build_server_keeps_all_files_in_one_variable() throws IOException {
    // Given
    StringBuilder text = new StringBuilder();
    try (var files = Files.list(keys)) {
      for (Path file : files.sorted().toList()) text.append(Files.readString(file));
    }
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");
    Typing server = new Typing(NOW).with("SLIPWAY_KEYRING", text.toString());

    // When
    JsonNode ids = server.slipway("keys", "list", "--json").json();
    JsonNode sealed = seal(server, dist, "a.slipway");
    seal(typing, dist, "b.slipway", "--keys", keys);
    Said rotated = server.slipway("keys", "rotate", "--announce");

    // Then
    assertThat(ids.get("place").asText()).isEqualTo("SLIPWAY_KEYRING");
    assertThat(sealed.at("/bundle/signature").asText()).isEqualTo("verified");
    assertThat(folder.resolve("a.slipway")).hasSameBinaryContentAs(folder.resolve("b.slipway"));
    assertThat(rotated.exit()).isEqualTo(1);
    assertThat(rotated.err()).contains("cannot change them");
  }

  @Test
  void the_fleets_key_changes_in_three_steps() throws IOException {
    // Given
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");

    // When
    JsonNode announced = rotate("--announce");
    List<String> first = recipients(seal(typing, dist, "1.slipway", "--keys", keys));
    JsonNode adopted = rotate("--adopt");
    List<String> second = recipients(seal(typing, dist, "2.slipway", "--keys", keys));
    JsonNode retired = rotate("--retire", "fleet-1");
    List<String> third = recipients(seal(typing, dist, "3.slipway", "--keys", keys));

    // Then
    assertThat(announced.get("next_keys").get(0).asText()).isEqualTo("fleet-2");
    assertThat(adopted.get("fleet_keys")).hasSize(2);
    assertThat(retired.get("fleet_keys")).hasSize(1);
    assertThat(first).containsExactly("fleet-1", "publisher-1");
    assertThat(second).containsExactly("fleet-1", "fleet-2", "publisher-1");
    assertThat(third).containsExactly("fleet-2", "publisher-1");
    assertThat(keys.resolve("former")).isDirectoryContaining("glob:**keyring-3.json");
    // and the next one is not one that was there before
    assertThat(rotate("--announce").get("next_keys").get(0).asText()).isEqualTo("fleet-3");
  }

  @Test
  void steps_out_of_order_are_refused() {
    // When
    Said adopt = typing.slipway("keys", "rotate", "--adopt", "--keys", keys);
    Said only = typing.slipway("keys", "rotate", "--retire", "fleet-1", "--keys", keys);
    Said unknown = typing.slipway("keys", "rotate", "--retire", "fleet-7", "--keys", keys);
    Said none = typing.slipway("keys", "rotate", "--keys", keys);

    // Then
    assertThat(List.of(adopt.exit(), only.exit(), unknown.exit(), none.exit()))
        .containsExactly(1, 1, 1, 2);
    assertThat(adopt.err()).contains("no key is announced");
    assertThat(only.err()).contains("only fleet key");
    assertThat(keys.resolve("former")).doesNotExist();
  }

  @Test
  void each_step_says_the_command_that_comes_next() throws IOException {
    // When
    Said announced = typing.slipway("keys", "rotate", "--announce", "--keys", keys);
    typing.slipway("keys", "rotate", "--adopt", "--keys", keys);
    Said retired = typing.slipway("keys", "rotate", "--retire", "fleet-1", "--keys", keys);
    typing.slipway("keys", "escrow", "create", "escrow-1", "--out", folder.resolve("safe"));
    Path safe = folder.resolve("safe");
    Said secret =
        typing.slipway("keys", "escrow", "add", safe.resolve("escrow-1.json"), "--keys", keys);
    Said added =
        typing.slipway("keys", "escrow", "add", safe.resolve("escrow-1.pub.json"), "--keys", keys);
    Said other = typing.slipway("keys", "escrow", "remove", "escrow-7", "--keys", keys);

    // Then
    assertThat(announced.out())
        .contains("./slipway app set com.demo.app --key-id fleet-1,fleet-2", "rotate --adopt");
    assertThat(retired.out()).contains("./slipway app set com.demo.app --key-id fleet-2\n");
    assertThat(added.out()).contains("./slipway app set com.demo.app --key-id fleet-2,escrow-1");
    assertThat(List.of(secret.exit(), added.exit(), other.exit())).containsExactly(1, 0, 1);
    assertThat(secret.err()).contains("escrow-1.json is no public half");
    String key = Json.LENIENT.readTree(safe.resolve("escrow-1.json").toFile()).get("key").asText();
    assertThat(secret.out() + secret.err()).doesNotContain(key);
    assertThat(other.err()).contains("no key escrow-7 in escrow");
  }

  @Test
  void a_fresh_data_key_makes_every_file_another_blob() throws IOException {
    // Given
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");
    seal(typing, dist, APP + "-1.slipway", "--keys", keys, "--no-capgo");

    // When
    JsonNode rotated = rotate("--data-key");
    JsonNode sealed = seal(typing, dist, APP + "-2.slipway", "--keys", keys, "--no-capgo");

    // Then
    assertThat(rotated.get("publisher_key").asText()).isEqualTo("publisher-2");
    assertThat(recipients(sealed)).containsExactly("fleet-1", "publisher-2");
    assertThat(sealed.at("/comparison/same").asInt()).isEqualTo(1);
    assertThat(sealed.at("/comparison/travel_parts").asInt()).as("file and index").isEqualTo(2);
    // unless the release stands on the one before
    JsonNode based =
        seal(
            typing,
            dist,
            APP + "-3.slipway",
            "--keys",
            keys,
            "--no-capgo",
            "--base",
            folder.resolve(APP + "-1.slipway"));
    assertThat(based.at("/comparison/travel_parts").asInt()).as("the index").isEqualTo(1);
  }

  @Test
  void a_key_in_a_safe_opens_what_is_sealed_for_it() throws IOException {
    // Given
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");
    Path safe = folder.resolve("safe");
    typing.slipway("keys", "escrow", "create", "escrow-1", "--out", safe, "--json").json();
    typing
        .slipway(
            "keys", "escrow", "add", safe.resolve("escrow-1.pub.json"), "--keys", keys, "--json")
        .json();
    JsonNode sealed = seal(typing, dist, "a.slipway", "--keys", keys);

    // When: nothing of the publisher is at hand but the certificate
    JsonNode opened =
        new Typing(NOW)
            .with("SLIPWAY_KEYS", folder.resolve("nowhere").toString())
            .slipway(
                "bundle",
                "open",
                folder.resolve("a.slipway"),
                folder.resolve("opened"),
                "--key",
                safe.resolve("escrow-1.json"),
                "--certificate",
                keys.resolve("publisher.cert.pem"),
                "--json")
            .json();
    JsonNode left =
        typing.slipway("keys", "escrow", "remove", "escrow-1", "--keys", keys, "--json").json();
    Said unknown = typing.slipway("keys", "escrow", "remove", "escrow-1", "--keys", keys);

    // Then
    assertThat(recipients(sealed)).containsExactly("fleet-1", "escrow-1", "publisher-1");
    assertThat(opened.get("key").asText()).isEqualTo("escrow-1");
    assertThat(folder.resolve("opened/index.html")).hasContent("<!doctype html>");
    assertThat(left).isEmpty();
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(safe.resolve("escrow-1.json"))))
        .isEqualTo("rw-------");
  }

  @Test
  void the_recipient_for_the_app_is_a_file_of_its_owner() throws IOException {
    // Given
    Path out = folder.resolve("fleet.json");

    // When
    JsonNode exported =
        typing.slipway("keys", "export-recipient", "--keys", keys, "--out", out, "--json").json();
    Said again = typing.slipway("keys", "export-recipient", "--keys", keys, "--out", out);

    // Then
    assertThat(exported.get("kid").asText()).isEqualTo("fleet-1");
    assertThat(Files.readString(out)).contains("\"kid\":\"fleet-1\"", "\"alg\":\"A256KW\"");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out)))
        .isEqualTo("rw-------");
    assertThat(again.exit()).isEqualTo(1);
    // and a device opens with it
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");
    seal(typing, dist, "a.slipway", "--keys", keys);
    JsonNode opened =
        typing
            .slipway(
                "bundle",
                "open",
                folder.resolve("a.slipway"),
                folder.resolve("opened"),
                "--key",
                out,
                "--certificate",
                keys.resolve("publisher.cert.pem"),
                "--json")
            .json();
    assertThat(opened.get("key").asText()).isEqualTo("fleet-1");
  }

  private JsonNode rotate(String... how) {
    var words = new ArrayList<Object>(List.of("keys", "rotate", "--keys", keys, "--json"));
    words.addAll(List.of(how));
    return typing.slipway(words.toArray()).json();
  }

  private JsonNode seal(Typing by, Path dist, String name, Object... more) {
    var words =
        new ArrayList<Object>(
            List.of(
                "bundle",
                "seal",
                dist,
                "--app-version",
                "1.0.0",
                "--created",
                "2026-02-01T00:00:00Z",
                "--out",
                folder.resolve(name),
                "--json"));
    words.addAll(List.of(more));
    return by.slipway(words.toArray()).json();
  }

  private static List<String> recipients(JsonNode sealed) {
    List<String> recipients = new ArrayList<>();
    sealed.at("/bundle/recipients").forEach(one -> recipients.add(one.asText()));
    return recipients;
  }

  /// Every line of every private key, and every key of the ring.
  private static List<String> secretsIn(Path keys) throws IOException {
    List<String> secrets = new ArrayList<>();
    for (String name : List.of("publisher.key.pem", "capgo.key.pem")) {
      Files.readAllLines(keys.resolve(name)).stream()
          .filter(line -> !line.startsWith("-----"))
          .forEach(secrets::add);
    }
    var matcher =
        java.util.regex.Pattern.compile("\"key\":\"([^\"]{43})\"")
            .matcher(Files.readString(keys.resolve("keyring.json")));
    while (matcher.find()) secrets.add(matcher.group(1));
    return secrets;
  }
}
