package dev.slipway.delivery.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.delivery.Samples;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenKeysTest {

  private static final byte[] PAYLOAD = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
  private static final String OLD = "2025:" + secret(1);
  private static final String NEW = "2026:" + secret(2);

  @Test
  void opensWhatAnyOfItsKeysMade() {
    // Given
    var before = TokenKeys.of(List.of(OLD));
    var during = TokenKeys.of(List.of(NEW, OLD));
    var after = TokenKeys.of(List.of(NEW));

    // When
    var old = before.make("v1", PAYLOAD);
    var fresh = during.make("v1", PAYLOAD);

    // Then
    assertThat(during.open("v1", old)).hasValue(PAYLOAD);
    assertThat(after.open("v1", fresh)).hasValue(PAYLOAD);
    assertThat(after.open("v1", old)).isEmpty();
    assertThat(fresh).startsWith("v1.2026.");
  }

  @Test
  void everyFlippedBitIsNoticed() {
    // Given
    var keys = TokenKeys.of(List.of(NEW));
    byte[] text = keys.make("v1", PAYLOAD).getBytes(StandardCharsets.US_ASCII);

    for (int bit = 0; bit < text.length * 8; bit++) {
      // When
      text[bit / 8] ^= (byte) (1 << bit % 8);
      var opened = keys.open("v1", new String(text, StandardCharsets.ISO_8859_1));
      text[bit / 8] ^= (byte) (1 << bit % 8);

      // Then
      assertThat(opened).as("bit %d", bit).isEmpty();
    }
  }

  @Test
  void aTextOfOneTypeIsNoneOfAnother() {
    var keys = TokenKeys.of(List.of(NEW));
    var text = keys.make("v1", PAYLOAD);
    assertThat(keys.open("e1", text)).isEmpty();
    assertThat(keys.open("e1", "e1" + text.substring(2))).isEmpty();
  }

  @Test
  void keysOfOneProcessAreNotThoseOfAnother() {
    var text = TokenKeys.random(new Random(1)).make("v1", PAYLOAD);
    assertThat(TokenKeys.random(new Random(2)).open("v1", text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "a:short", ":AAAA", "a b:AAAA", "a:****"})
  void settingsThatAreNoneAreRefusedWithoutBeingQuoted(String setting) {
    assertThatThrownBy(() -> TokenKeys.of(List.of(setting)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slipway.delivery.token-keys");
  }

  @Test
  void noTextShowsASecret() {
    assertThat(TokenKeys.of(List.of(NEW, OLD)).toString())
        .contains("2026", "2025")
        .doesNotContain(secret(1), secret(2));
  }

  @Test
  void anOfferRunsOut() {
    // Given
    var keys = TokenKeys.of(List.of(NEW));
    var token =
        new OfferToken(
            "offer",
            DeviceId.of("b30b5035-93ff-47c8-8f4f-7272501a6aa0"),
            AppId.of("com.demo.a"),
            Version.of("1.0.0"),
            null,
            Samples.NOW,
            Samples.NOW.plus(Duration.ofDays(7)));

    // When
    var text = token.seal(keys);

    // Then
    assertThat(OfferToken.open(keys, text, Samples.NOW.plus(Duration.ofDays(7)).minusNanos(1)))
        .hasValue(token);
    assertThat(OfferToken.open(keys, text, Samples.NOW.plus(Duration.ofDays(7)))).isEmpty();
    assertThat(OfferToken.open(keys, "v1.x.y.z", Samples.NOW)).isEmpty();
  }

  private static String secret(int seed) {
    byte[] bytes = new byte[32];
    new Random(seed).nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
