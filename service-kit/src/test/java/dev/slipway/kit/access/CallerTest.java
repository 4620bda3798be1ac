package dev.slipway.kit.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.http.Problem;
import dev.slipway.kit.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerTest {

  private static final AppId MINE = AppId.of("com.example.mine");
  private static final AppId FOREIGN = AppId.of("com.example.foreign");

  @ParameterizedTest
  @CsvSource({
    "OWNER,OWNER,true",
    "OWNER,RELEASER,true",
    "OWNER,PUBLISHER,true",
    "OWNER,VIEWER,true",
    "RELEASER,OWNER,false",
    "RELEASER,RELEASER,true",
    "RELEASER,PUBLISHER,true",
    "RELEASER,VIEWER,true",
    "PUBLISHER,OWNER,false",
    "PUBLISHER,RELEASER,false",
    "PUBLISHER,PUBLISHER,true",
    "PUBLISHER,VIEWER,false",
    "VIEWER,OWNER,false",
    "VIEWER,RELEASER,false",
    "VIEWER,PUBLISHER,false",
    "VIEWER,VIEWER,true",
    "OWNER,AUDITOR,true",
    "OWNER,CERTIFICATE_OFFICER,true",
    "OWNER,SUPPORT,true",
    "RELEASER,AUDITOR,false",
    "RELEASER,CERTIFICATE_OFFICER,false",
    "RELEASER,SUPPORT,true",
    "AUDITOR,VIEWER,true",
    "AUDITOR,RELEASER,false",
    "AUDITOR,SUPPORT,false",
    "SUPPORT,VIEWER,true",
    "SUPPORT,AUDITOR,false",
    "CERTIFICATE_OFFICER,VIEWER,true",
    "CERTIFICATE_OFFICER,PUBLISHER,false",
    "VIEWER,AUDITOR,false"
  })
  void aRoleIncludesLesserOnes(Role held, Role asked, boolean granted) {
    assertThat(caller(Set.of(held), Set.of()).has(asked)).isEqualTo(granted);
  }

  @Test
  void aForeignAppIsNotFoundWhateverTheRole() {
    var caller = caller(Set.of(Role.OWNER), Set.of(MINE));
    assertThat(problem(() -> caller.require(Role.VIEWER, FOREIGN)).slug()).isEqualTo("not-found");
    assertThatCode(() -> caller.require(Role.OWNER, MINE)).doesNotThrowAnyException();
  }

  @Test
  void aMissingRoleIsSaid() {
    // Given
    var caller = caller(Set.of(Role.VIEWER), Set.of(MINE));
    // When
    var problem = problem(() -> caller.requireOneOf(Set.of(Role.PUBLISHER, Role.RELEASER), MINE));
    // Then
    assertThat(problem.status()).isEqualTo(403);
    assertThat(problem.slug()).isEqualTo("insufficient-scope");
    assertThat(problem.facts().toString()).contains("publisher", "releaser");
  }

  @Test
  void aKeyOfSomeAppsHasNoSayOverTheInstallation() {
    var limited = caller(Set.of(Role.OWNER), Set.of(MINE));
    assertThat(problem(() -> limited.requireEverywhere(Role.OWNER)).status()).isEqualTo(403);
    assertThatCode(() -> caller(Set.of(Role.OWNER), Set.of()).requireEverywhere(Role.OWNER))
        .doesNotThrowAnyException();
  }

  @Test
  void nobodyIsRefused() {
    assertThat(problem(() -> new Caller().require(Role.VIEWER)).slug()).isEqualTo("auth-required");
  }

  @Test
  void nobodyApprovesTheirOwnRequestNorWithASuccessorOfTheirKey() {
    var caller = caller(Set.of(Role.RELEASER), Set.of());
    assertThat(problem(() -> caller.requireOtherThan("first123")))
        .satisfies(
            it -> {
              assertThat(it.status()).isEqualTo(409);
              assertThat(it.slug()).isEqualTo("same-person");
            });
    assertThatCode(() -> caller.requireOtherThan("efgh5678")).doesNotThrowAnyException();
  }

  private static Problem problem(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(Refusal.class, call).problem();
  }

  private static Caller caller(Set<Role> roles, Set<AppId> apps) {
    var now = Instant.parse("2026-03-01T12:00:00Z");
    var caller = new Caller();
    caller.is(
        new AccessKey(
            "abcd1234",
            1,
            "test",
            "first123",
            Digest.sha256(new byte[0]),
            roles,
            apps,
            now,
            now.plus(Duration.ofDays(1))),
        "127.0.0.1");
    return caller;
  }
}
