package dev.slipway.delivery.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SemVerTest {

  @Test
  void ordersAsTheStandardSays() {
    // The chain of semver.org, section 11, and what lies around it.
    var ordered =
        Stream.of(
                "0.0.0",
                "0.9.99",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.0.2",
                "1.0.10",
                "1.2.0",
                "1.10.0",
                "2.0.0")
            .map(text -> SemVer.parse(text).orElseThrow())
            .toList();
    var shuffled = new ArrayList<>(ordered);
    Collections.shuffle(shuffled, new Random(3));
    assertThat(shuffled.stream().sorted().toList()).isEqualTo(ordered);
  }

  @Test
  void ignoresBuildMetadataInTheOrder() {
    assertThat(SemVer.parse("1.0.0+a.01").orElseThrow())
        .isEqualByComparingTo(SemVer.parse("1.0.0").orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3-a..b",
        "1.2.3+",
        "v1.2.3",
        " 1.2.3",
        "1.2.3 ",
        "1.2.x",
        "-1.2.3",
        "1.2.3-é",
        "1..3",
        "9999999999999999.0.0",
        "١.٢.٣"
      })
  void refusesEverythingElse(String text) {
    assertThat(SemVer.parse(text)).isEmpty();
  }

  @Test
  void fillsUpWhatIsMissingWhereThePluginDoes() {
    assertThat(SemVer.coerce("1")).contains(SemVer.of(1, 0, 0));
    assertThat(SemVer.coerce("1.2")).contains(SemVer.of(1, 2, 0));
    assertThat(SemVer.coerce("builtin")).contains(SemVer.ZERO);
    assertThat(SemVer.coerce("unknown")).contains(SemVer.ZERO);
    assertThat(SemVer.coerce("invalid semver")).isEmpty();
    assertThat(SemVer.coerce("1.2.3.4")).isEmpty();
  }
}
