package dev.slipway.cli.cert;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// From one certificate to the next.
class MigrationTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String APP = "com.demo.app";
  private static final long DAY = 24 * 60 * 60;

  @TempDir Path folder;
  private final Typing typing = new Typing(NOW);
  private Path keys;
  private Path first;

  /// Keys whose certificate is valid for one year from [#NOW] on.
  @BeforeEach
  void keys() throws IOException {
    keys = folder.resolve("keys");
    typing
        .slipway(
            "keys",
            "init",
            APP,
            "--years",
            "1",
            "--keys",
            keys,
            "--capgo-key",
            Typing.resource("capgo/demo_key_v2.private.pem"),
            "--json")
        .json();
    first = Files.copy(keys.resolve("publisher.cert.pem"), folder.resolve("first.pem"));
    Files.createDirectory(folder.resolve("dist"));
    Files.writeString(folder.resolve("dist/index.html"), "<!doctype html>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "es256", "ps256"})
  void the_former_certificate_hands_over(String algorithm) {
    // Given
    typing.slipway("cert", "create", "--out", at("next"), "--alg", algorithm, "--json").json();
    typing.slipway("keys", "rotate", "--signing", at("next"), "--keys", keys, "--json").json();
    seal("a.slipway").json();

    // When
    JsonNode migrated = migrate("a.slipway", "handover.slipway").json();

    // Then: who trusts the first certificate refuses the one, and takes the other
    Said without = verify("a.slipway");
    JsonNode with = verify("handover.slipway").json();
    assertThat(without.exit()).isEqualTo(1);
    assertThat(without.err()).contains("migration-required");
    assertThat(with.get("hands_over_from").asText()).isEqualTo(migrated.get("from").asText());
    assertThat(with.get("certificate").asText()).isEqualTo(migrated.get("to").asText());
    assertThat(
            typing
                .slipway("bundle", "inspect", at("handover.slipway"), "--keys", keys, "--json")
                .json()
                .get("hands_over_from"))
        .isEqualTo(migrated.get("from"));
  }

  @Test
  void f19_input_and_output_are_never_one_file() throws IOException {
    // Given
    rotated();
    seal("a.slipway").json();
    byte[] before = Files.readAllBytes(at("a.slipway"));
    Files.createSymbolicLink(at("link.slipway"), at("a.slipway"));
    Files.createLink(at("hard.slipway"), at("a.slipway"));

    // When
    List<Said> said = new ArrayList<>();
    for (String out : List.of("a.slipway", "x/../a.slipway", "link.slipway", "hard.slipway")) {
      said.add(migrate("a.slipway", out));
      said.add(typing.slipway("bundle", "sign", at("a.slipway"), "--out", at(out), "--keys", keys));
    }

    // Then
    assertThat(said)
        .allSatisfy(
            one -> {
              assertThat(one.exit()).isEqualTo(1);
              assertThat(one.err()).contains("Input and output are one file");
            });
    assertThat(at("a.slipway")).hasBinaryContent(before);
  }

  @Test
  void f20_an_ended_certificate_seals_and_signs_nothing() {
    // Given
    seal("a.slipway").json();
    typing.wait(Duration.ofDays(366));

    // When
    Said seal = seal("b.slipway");
    Said sign =
        typing.slipway("bundle", "sign", at("a.slipway"), "--out", at("c.slipway"), "--keys", keys);

    // Then
    assertThat(List.of(seal.exit(), sign.exit())).containsOnly(1);
    assertThat(seal.err()).contains("certificate-expired", "not_after=2027-03-01T12:00:00Z");
    assertThat(sign.err()).contains("certificate-expired");
    assertThat(at("b.slipway")).doesNotExist();
    assertThat(at("c.slipway")).doesNotExist();
  }

  /// On both sides of the boundary second: 365 days of grace after a year of validity.
  @ParameterizedTest
  @CsvSource({"-1, true", "0, true", "1, false", "86400, false"})
  void f20_after_its_grace_a_certificate_hands_over_no_more(long second, boolean accepted) {
    // Given
    rotated();
    typing.wait(Duration.ofSeconds(2 * 365 * DAY + second));
    seal("a.slipway").json();

    // When
    Said said = migrate("a.slipway", "handover.slipway");

    // Then
    assertThat(said.exit()).isEqualTo(accepted ? 0 : 1);
    assertThat(Files.exists(at("handover.slipway"))).isEqualTo(accepted);
    if (!accepted) {
      assertThat(said.err())
          .contains("migration-grace-elapsed", "grace_ended=2028-02-29T12:00:00Z");
    }
  }

  @Test
  void a_certificate_does_not_hand_over_to_itself() {
    // Given
    seal("a.slipway").json();

    // When
    Said said = migrate("a.slipway", "b.slipway", "--former", keys.toString());

    // Then
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err()).contains("migration-redundant");
  }

  @Test
  void who_has_nothing_to_do_with_the_app_hands_over_nothing() throws IOException {
    // Given: a stranger's, and the certificate of another app that goes by the same name
    rotated();
    seal("a.slipway").json();
    typing.slipway("cert", "create", "--out", at("stranger"), "--json").json();
    typing.slipway("keys", "init", APP, "--keys", at("other"), "--json").json();
    String stranger =
        Files.readString(at("stranger/publisher.key.pem"))
            + Files.readString(at("stranger/publisher.cert.pem"));

    // When
    var said =
        List.of(
            migrate("a.slipway", "b.slipway", "--former", at("stranger").toString()),
            migrate("a.slipway", "b.slipway", "--former", at("other").toString()));
    Said inVariable =
        new Typing(NOW)
            .with("SLIPWAY_FORMER_SIGNER", stranger)
            .slipway("bundle", "migrate", at("a.slipway"), "--out", at("b.slipway"));
    Said misnamed =
        migrate(
            "a.slipway",
            "b.slipway",
            "--former",
            at("stranger").toString(),
            "--trusted",
            first.toString());

    // Then: what is wrong, where, and what to do
    assertThat(said)
        .allSatisfy(
            one -> {
              assertThat(one.exit()).isEqualTo(1);
              assertThat(one.err())
                  .contains("nothing to do with " + APP, "migration-untrusted")
                  .contains("--former", "cert lineage --app " + APP, "--trusted")
                  .contains(keys.resolve("former").toString());
            });
    assertThat(said.getFirst().err()).contains("in " + at("stranger"));
    assertThat(said.getLast().err()).contains("in " + at("other"));
    assertThat(inVariable.exit()).isEqualTo(1);
    assertThat(inVariable.err()).contains("in SLIPWAY_FORMER_SIGNER has nothing to do with");
    assertThat(misnamed.exit()).isEqualTo(1);
    assertThat(misnamed.err()).contains("is not the trusted one in " + first);
    assertThat(at("b.slipway")).doesNotExist();
  }

  /// The second certificate hands over to the third: by the folder that put it aside, or by who
  // says
  /// that devices trust it.
  @Test
  void a_later_certificate_hands_over_too() throws IOException {
    // Given
    rotated();
    Path second = Files.copy(keys.resolve("publisher.cert.pem"), at("second.pem"));
    String signer = Files.readString(keys.resolve("publisher.key.pem")) + Files.readString(second);
    typing.slipway("cert", "create", "--out", at("third"), "--json").json();
    typing.slipway("keys", "rotate", "--signing", at("third"), "--keys", keys, "--json").json();
    seal("a.slipway").json();

    // When
    JsonNode here = migrate("a.slipway", "b.slipway").json();
    var elsewhere = new Typing(NOW).with("SLIPWAY_FORMER_SIGNER", signer);
    Said unsaid = elsewhere.slipway("bundle", "migrate", at("a.slipway"), "--out", at("c.slipway"));
    JsonNode said =
        elsewhere
            .slipway(
                "bundle",
                "migrate",
                at("a.slipway"),
                "--out",
                at("d.slipway"),
                "--trusted",
                second,
                "--json")
            .json();

    // Then
    assertThat(unsaid.exit()).isEqualTo(1);
    assertThat(unsaid.err()).contains("--trusted");
    assertThat(said.get("from")).isEqualTo(here.get("from"));
    for (String name : List.of("b.slipway", "d.slipway")) {
      JsonNode verified =
          typing.slipway("bundle", "verify", at(name), "--certificate", second, "--json").json();
      assertThat(verified.get("hands_over_from")).isEqualTo(here.get("from"));
    }
  }

  @Test
  void who_has_no_former_certificate_is_told() {
    // Given
    seal("a.slipway").json();

    // When
    Said said = migrate("a.slipway", "b.slipway");

    // Then
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err()).contains("--former", "SLIPWAY_FORMER_SIGNER");
  }

  @Test
  void a_build_server_keeps_the_former_signer_in_a_variable() throws IOException {
    // Given
    String former =
        Files.readString(keys.resolve("publisher.key.pem"))
            + Files.readString(keys.resolve("publisher.cert.pem"));
    rotated();
    seal("a.slipway").json();

    // When
    JsonNode migrated =
        new Typing(NOW)
            .with("SLIPWAY_FORMER_SIGNER", former)
            .slipway("bundle", "migrate", at("a.slipway"), "--out", at("b.slipway"), "--json")
            .json();

    // Then
    assertThat(verify("b.slipway").json().get("hands_over_from")).isEqualTo(migrated.get("from"));
  }

  @ParameterizedTest
  @CsvSource({
    "0, VALID, 365, 365",
    "364, VALID, 1, 365",
    "366, IN_GRACE, -1, 364",
    "731, ENDED, -366, -1"
  })
  void a_certificate_says_how_many_days_are_left(
      long day, Validity.State state, long left, long grace) {
    // Given
    typing.wait(Duration.ofDays(day));

    // When
    JsonNode shown = typing.slipway("cert", "show", first, "--json").json();
    Said nightly = typing.slipway("cert", "show", first, "--fail-within", "60");

    // Then
    assertThat(shown.get("state").asText()).isEqualToIgnoringCase(state.name());
    assertThat(shown.get("days_left").asLong()).isEqualTo(left);
    assertThat(shown.get("grace_days_left").asLong()).isEqualTo(grace);
    assertThat(nightly.exit()).isEqualTo(day == 0 ? 0 : 1);
  }

  @Test
  void a_request_goes_with_its_key() throws IOException {
    // When
    typing.slipway("cert", "request", "--out", at("ca"), "--name", "Example Inc.", "--json").json();
    Said again = typing.slipway("cert", "request", "--out", at("ca"));
    JsonNode renewal =
        typing
            .slipway(
                "cert",
                "request",
                "--out",
                at("renewal"),
                "--key",
                at("ca/publisher.key.pem"),
                "--json")
            .json();

    // Then
    assertThat(Files.readString(at("ca/publisher.csr.pem")))
        .startsWith("-----BEGIN CERTIFICATE REQUEST-----");
    assertThat(again.exit()).isEqualTo(1);
    assertThat(renewal.get("algorithm").asText()).isEqualTo("ES256");
    assertThat(at("renewal/publisher.key.pem")).doesNotExist();
  }

  private void rotated() {
    typing.slipway("cert", "create", "--out", at("next"), "--days", "3650", "--json").json();
    typing.slipway("keys", "rotate", "--signing", at("next"), "--keys", keys, "--json").json();
  }

  private Said seal(String name) {
    return typing.slipway(
        "bundle",
        "seal",
        at("dist"),
        "--app-version",
        "2.0.0",
        "--out",
        at(name),
        "--keys",
        keys,
        "--json");
  }

  private Said migrate(String in, String out, String... more) {
    var words =
        new ArrayList<Object>(
            List.of("bundle", "migrate", at(in), "--out", at(out), "--keys", keys, "--json"));
    words.addAll(List.of(more));
    return typing.slipway(words.toArray());
  }

  private Said verify(String name) {
    return typing.slipway("bundle", "verify", at(name), "--certificate", first, "--json");
  }

  private Path at(String name) {
    return folder.resolve(name);
  }
}
