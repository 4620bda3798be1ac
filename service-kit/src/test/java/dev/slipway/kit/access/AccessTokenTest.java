package dev.slipway.kit.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.access.Role;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTokenTest {

  private static final String SECRET = "s".repeat(43);
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @Test
  void aTokenIsReadFromItsHeader() {
    // When
    var token = AccessToken.inHeader("bearer slipway_prod_abcd1234_" + SECRET);
    // Then
    assertThat(token).contains(new AccessToken("prod", "abcd1234", SECRET));
    assertThat(token.orElseThrow()).hasToString("AccessToken[abcd1234]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Basic slipway_prod_abcd1234_sssssssssssssssssssssssssssssssssssssssssss",
        "Bearer slipway_prod_abcd123_sssssssssssssssssssssssssssssssssssssssssss",
        "Bearer slipway_prod_abcd1234_ssssssssssssssssssssssssssssssssssssssssss",
        "Bearer slipway_prod_abcd1234_ssssssssssssssssssssssssssssssssssssssssss=",
        "Bearer slipway_PROD_abcd1234_sssssssssssssssssssssssssssssssssssssssssss",
        "Bearer slipway__abcd1234_sssssssssssssssssssssssssssssssssssssssssss",
        "Bearer slipway_prod_abcd1234_sssssssssssssssssssssssssssssssssssssssssss x",
        "Bearer slipway_prod_abcd1234_sssssssssssssssssssssssssssssssssssssssssss\n_",
      })
  void anythingElseIsNoToken(String header) {
    assertThat(AccessToken.inHeader(header)).isEmpty();
  }

  @Test
  void aLongHeaderIsRefusedUnread() {
    assertThat(AccessToken.inHeader("Bearer slipway_prod_abcd1234_" + "s".repeat(1 << 20)))
        .isEmpty();
  }

  @Test
  void aNewKeyCanBePresentedAndTellsNobodyItsSecret() {
    // When
    var issued =
        AccessKeys.generate(
            "dev",
            "first owner",
            Set.of(Role.OWNER),
            Set.of(),
            NOW,
            NOW.plus(Duration.ofDays(365)),
            new SecureRandom());
    // Then
    var token = AccessToken.parse(issued.text()).orElseThrow();
    assertThat(token.keyId()).isEqualTo(issued.key().keyId());
    assertThat(issued.key().revision()).isEqualTo(1);
    assertThat(issued.toString() + issued.key()).doesNotContain(token.secret());
  }

  @Test
  void twoKeysAreNotAlike() {
    var random = new SecureRandom();
    var one = AccessKeys.generate("dev", "a", Set.of(), Set.of(), NOW, NOW, random);
    var other = AccessKeys.generate("dev", "a", Set.of(), Set.of(), NOW, NOW, random);
    assertThat(one.text()).isNotEqualTo(other.text());
    assertThat(one.key().keyId()).isNotEqualTo(other.key().keyId());
  }

  @Test
  void anEnvironmentIsAShortWord() {
    assertThatThrownBy(
            () ->
                AccessKeys.generate(
                    "My_Env", "a", Set.of(), Set.of(), NOW, NOW, new SecureRandom()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
