package dev.slipway.decisions;

import static dev.slipway.contracts.app.AppPolicy.VersionScheme.AIR;
import static dev.slipway.contracts.app.AppPolicy.VersionScheme.AIR_LEGACY;
import static dev.slipway.contracts.app.AppPolicy.VersionScheme.SEMVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.contracts.app.AppPolicy.VersionScheme;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionRulesTest {

  /** D3: versions in neither of the two schemes that have a syntax. */
  @ParameterizedTest(name = "{index}")
  @ValueSource(
      strings = {
        "1.2.3.4",
        "1000",
        "1.0000",
        "v1.2",
        "v1.2.3",
        "1..2",
        "1.",
        "",
        " 1.0",
        "1.0 ",
        "1.0\n",
        "1.0.0\n",
        "\u0661.\u0660", // Arabic digits
        "\uff11.\uff10.\uff10", // full-width digits
        "1.0.0\u202e",
        "-1",
        "1,0",
        "1.-1.0",
        "+1.0.0",
        "1.0.1000",
        "0x1",
        ".",
        "..",
        ".1.2.3",
        "01.0.0000",
      })
  void refusesWhatIsNoVersion(String text) {
    assertThat(VersionRules.isVersion(AIR, text)).isFalse();
    assertThat(VersionRules.isVersion(SEMVER, text))
        .isEqualTo(text.equals("1.0.1000")); // three digits are a limit of AIR's alone
  }

  @ParameterizedTest
  @EnumSource
  void refusesLongTextsUnread(VersionScheme scheme) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(1),
        () -> {
          assertThat(VersionRules.isVersion(scheme, "1".repeat(1_000_000))).isFalse();
          assertThat(VersionRules.isVersion(scheme, "1.0.0-" + "a-".repeat(61)))
              .isEqualTo(scheme != AIR);
          assertThat(VersionRules.isVersion(scheme, "1.0.0-" + "1".repeat(121) + "!"))
              .isEqualTo(scheme == AIR_LEGACY);
        });
  }

  @Test
  void readsTheFormsOfAir() {
    // D4, D5
    for (String version :
        List.of("67.89.999", "0", "10", "0.01", "1.0.657", ".0", ".0.1", ".999.999", "000.00.0")) {
      assertThat(VersionRules.isVersion(AIR, version)).as(version).isTrue();
    }
    assertThat(VersionRules.identity(AIR, ".0")).isEqualTo("0.0.0");
    assertThat(VersionRules.identity(AIR, ".0.1")).isEqualTo("0.0.1");
    assertThat(VersionRules.identity(AIR, "67.89.999")).isEqualTo("67.89.999");
  }

  @Test
  void takesEqualNumbersOfAirForOneVersion() {
    // D6
    List<List<String>> same =
        List.of(
            List.of("0.1", "0.01", "0.1.0", ".1", "000.001"),
            List.of("1", "1.0", "1.0.0", "001"),
            List.of("1.1", "1.01", "1.001.0"));
    for (List<String> versions : same) {
      for (String version : versions) {
        assertThat(VersionRules.identity(AIR, version))
            .isEqualTo(VersionRules.identity(AIR, versions.get(0)));
        assertThat(VersionRules.compare(AIR, version, versions.get(0))).hasValue(0);
      }
    }
  }

  @Test
  void ordersAirByNumber() {
    List<String> rising =
        List.of(".0", "0.0.1", ".1", "0.9", "0.10", "0.999.999", "1", "1.0.1", "2", "10", "999");
    assertRising(AIR, rising);
  }

  @Test
  void ordersSemVerAsTheStandardDoes() {
    List<String> rising =
        List.of(
            "0.0.1",
            "0.1.0-0",
            "0.1.0",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
            "99999999999999999999.0.0");
    assertRising(SEMVER, rising);
  }

  @Test
  void takesSemVersThatDifferByBuildForOneVersion() {
    assertThat(VersionRules.identity(SEMVER, "1.0.0-a+b.001")).isEqualTo("1.0.0-a");
    assertThat(VersionRules.compare(SEMVER, "1.0.0+a", "1.0.0+b")).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "1",
        "01.0.0",
        "1.00.0",
        "1.0.0-",
        "1.0.0-01",
        "1.0.0-a..b",
        "1.0.0+",
        "1.0.0+a..b",
        "1.0.0-a_b",
        "1.0.0+a+b",
        "builtin"
      })
  void refusesWhatIsNoSemVer(String text) {
    assertThat(VersionRules.isVersion(SEMVER, text)).isFalse();
  }

  @Test
  void legacyVersionsAreEqualOrNot() {
    for (String version : List.of("1", "Version 2 (final)", "été 2009", "1.2.3.4")) {
      assertThat(VersionRules.isVersion(AIR_LEGACY, version)).isTrue();
      assertThat(VersionRules.identity(AIR_LEGACY, version)).isEqualTo(version);
    }
    for (String text : List.of("", " 1", "1\n", "1\u202e2", "a\u0000")) {
      assertThat(VersionRules.isVersion(AIR_LEGACY, text)).isFalse();
    }
    assertThat(VersionRules.compare(AIR_LEGACY, "1.0", "1.0")).hasValue(0);
    assertThat(VersionRules.compare(AIR_LEGACY, "1.0", "1.00")).isEmpty();
  }

  /** What implementations in other languages are held against as well. */
  @Test
  void agreesWithTheVectors() throws IOException {
    JsonNode vectors;
    try (InputStream in = getClass().getResourceAsStream("/vectors/versions.json")) {
      vectors = new ObjectMapper().readTree(in);
    }
    for (VersionScheme scheme : VersionScheme.values()) {
      JsonNode own =
          vectors.get(scheme == AIR_LEGACY ? "air-legacy" : scheme == AIR ? "air" : "semver");
      for (JsonNode refused : own.get("refused")) {
        assertThat(VersionRules.isVersion(scheme, refused.textValue()))
            .as(refused.toString())
            .isFalse();
      }
      if (scheme == AIR_LEGACY) {
        Set<String> identities = new HashSet<>();
        for (JsonNode version : own.get("different")) {
          assertThat(VersionRules.isVersion(scheme, version.textValue())).isTrue();
          identities.add(VersionRules.identity(scheme, version.textValue()));
        }
        assertThat(identities).hasSameSizeAs(own.get("different"));
        continue;
      }
      List<String> rising = new ArrayList<>();
      for (JsonNode group : own.get("rising")) {
        for (JsonNode version : group) {
          assertThat(VersionRules.identity(scheme, version.textValue()))
              .isEqualTo(VersionRules.identity(scheme, group.get(0).textValue()));
          assertThat(VersionRules.isVersion(scheme, version.textValue())).isTrue();
        }
        rising.add(group.get(0).textValue());
      }
      assertRising(scheme, rising);
    }
  }

  private static void assertRising(VersionScheme scheme, List<String> rising) {
    for (int i = 0; i < rising.size(); i++) {
      assertThat(VersionRules.isVersion(scheme, rising.get(i))).as(rising.get(i)).isTrue();
      for (int j = 0; j < rising.size(); j++) {
        assertThat(
                Integer.signum(
                    VersionRules.compare(scheme, rising.get(i), rising.get(j)).orElseThrow()))
            .as(rising.get(i) + " against " + rising.get(j))
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }
}
