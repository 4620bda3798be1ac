package dev.slipway.cli.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.Refusing;
import dev.slipway.cli.Typing;
import dev.slipway.cli.Typing.Said;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a publisher reads whose release is refused: what the service said, and the way out.
class PublishRefusedTest {

  private static final String APP = "com.example.tides";
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir static Path folder;
  private static Path bundle = Path.of("");

  @BeforeAll
  static void seal() throws Exception {
    var typing = new Typing(NOW);
    Path keys = folder.resolve("keys");
    typing.slipway("keys", "init", APP, "--keys", keys, "--json").json();
    Path dist = Files.createDirectory(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html>");
    bundle = folder.resolve("tides.slipway");
    typing
        .slipway(
            "bundle",
            "seal",
            dist,
            "--app-version",
            "2.0.0",
            "--out",
            bundle,
            "--keys",
            keys,
            "--json")
        .json();
  }

  @Test
  void another_certificate_needs_a_handover() throws Exception {
    // When
    Said said = publish("migration-required", Map.of("trusted", "AAAA"));

    // Then: the command can be copied
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err())
        .contains("It is so because it is.", "(migration-required, HTTP 422)", "trusted: AAAA")
        .contains("The former certificate has to hand over:")
        .contains("./slipway bundle migrate " + bundle + " --out FILE");
  }

  @Test
  void an_unknown_key_needs_to_be_registered() throws Exception {
    // When
    Said said = publish("kid-unknown", Map.of("kid", "fleet-2"));

    // Then
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err())
        .contains("It is so because it is.", "(kid-unknown, HTTP 422)", "kid: fleet-2")
        .contains("./slipway keys list")
        .contains("./slipway app set APP_ID --key-id KEY_ID,KEY_ID");
  }

  @Test
  void any_other_refusal_stands_alone() throws Exception {
    // When
    Said said = publish("version-exists", Map.of());

    // Then
    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.err())
        .contains("(version-exists, HTTP 422)")
        .doesNotContain("bundle migrate", "app set");
  }

  private static Said publish(String slug, Map<String, Object> facts) throws Exception {
    try (var service = new Refusing(422, slug, facts)) {
      return new Typing(NOW)
          .with("SLIPWAY_ACCESS_KEY", "none")
          .slipway("bundle", "publish", bundle, "--ingest-url", service.address());
    }
  }
}
