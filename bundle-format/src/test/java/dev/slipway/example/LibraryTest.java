package dev.slipway.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Lineage;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.OpeningKey;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library as its documentation shows it, from outside its package. */
class LibraryTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-25T10:00:00Z"), ZoneOffset.UTC);

  @TempDir Path folder;

  static void seal(Path keyFolder, Path dist, Path file, Clock clock) throws IOException {
    KeyRing keys =
        KeyRing.generate(
            AppId.of("com.example.app"),
            new SecureRandom(),
            clock.instant(),
            Duration.ofDays(3650));
    keys.write(keyFolder); // later: KeyRing.read(keyFolder)
    SealRequest request =
        new SealRequest(
            dist,
            "1.4.2",
            0, // the security epoch
            new Compat(List.of("android", "ios"), "5.0.0"),
            clock.instant(),
            Map.of("en", "Starts faster"),
            false); // no zip for the Capgo plugin
    new Sealer(keys, clock).sealToContainer(request, file, (done, total) -> {});
  }

  static Lineage open(Path file, Lineage trusted, OpeningKey key, Instant acceptedAt, Path target)
      throws IOException {
    try (Container container = Container.open(file)) {
      CheckedManifest checked =
          ManifestVerifier.check(container.manifest(), Set.of(trusted.current()), acceptedAt);
      Continuity judgement =
          Continuity.judge(checked, trusted, ContinuityRules.DEFAULT, acceptedAt);
      if (judgement instanceof Continuity.Refused refused) {
        throw refused.exception(); // its reason() is for programs, its message for people
      }
      Continuity.Accepted accepted = (Continuity.Accepted) judgement;
      new Opener(accepted.manifest(), key, container).open(target);
      return accepted.lineage(); // whom to trust from the first healthy start on
    }
  }

  @Test
  void whatIsSealedOpens() throws IOException {
    // Given
    Path dist = Files.createDirectories(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "<!doctype html><title>Tides</title>");
    Path file = folder.resolve("app.slipway");

    // When
    seal(folder.resolve("keys"), dist, file, CLOCK);
    KeyRing keys = KeyRing.read(folder.resolve("keys"));
    Lineage trusted = Lineage.trusting(keys.certificate().fingerprint());
    Lineage after =
        open(file, trusted, keys.fleetKeys().get(0), CLOCK.instant(), folder.resolve("opened"));

    // Then
    assertThat(folder.resolve("opened/index.html"))
        .hasSameBinaryContentAs(dist.resolve("index.html"));
    assertThat(after.current()).isEqualTo(trusted.current());
  }

  @Test
  void whoIsNotTrustedIsRefused() throws IOException {
    // Given
    Path dist = Files.createDirectories(folder.resolve("dist"));
    Files.writeString(dist.resolve("index.html"), "x");
    Path file = folder.resolve("app.slipway");
    seal(folder.resolve("keys"), dist, file, CLOCK);
    seal(folder.resolve("others"), dist, folder.resolve("other.slipway"), CLOCK);
    KeyRing others = KeyRing.read(folder.resolve("others"));

    // Then
    Lineage stranger = Lineage.trusting(others.certificate().fingerprint());
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                open(
                    file,
                    stranger,
                    others.fleetKeys().get(0),
                    CLOCK.instant(),
                    folder.resolve("opened")))
        .isInstanceOfSatisfying(
            BundleException.class,
            refused ->
                assertThat(refused.reason()).isEqualTo(BundleException.Reason.MIGRATION_REQUIRED));
    assertThat(folder.resolve("opened")).doesNotExist();
  }

  /** What the documentation shows is the code above, to the letter. */
  @ParameterizedTest
  @ValueSource(strings = {"seal", "open"})
  void theDocumentationShowsIt(String method) throws IOException {
    String source = Files.readString(Path.of("src/test/java/dev/slipway/example/LibraryTest.java"));
    var code =
        Pattern.compile("\n  static [^\n]* " + method + "\\(.*?\n  }\n", Pattern.DOTALL)
            .matcher(source);
    assertThat(code.find()).isTrue();
    String shown = code.group().replaceAll("\n  ", "\n").strip();

    assertThat(Files.readString(Path.of("../docs/bundle-format.md"))).contains(shown);
  }
}
