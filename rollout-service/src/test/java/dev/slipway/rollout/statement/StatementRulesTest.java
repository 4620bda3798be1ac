package dev.slipway.rollout.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.ReleaseKey;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.ReleaseStatement.Role;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.contracts.bundle.BundleState.Status;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.rollout.statement.StatementRules.Held;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatementRulesTest {

  private static final AppId APP = AppId.of("com.example.app");
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final ReleaseKey FIRST = ReleaseKey.generate(new SecureRandom());
  private static final ReleaseKey SECOND = ReleaseKey.generate(new SecureRandom());
  private static final Digest OLD_LEAF = digest("old leaf");
  private static final Digest NEW_LEAF = digest("new leaf");

  @Test
  void theNewestKeyThatADelegationNamesSigns() {
    // Given
    var ofFirst = held(OLD_LEAF, Duration.ofDays(30), "*", FIRST);
    var ofBoth = held(OLD_LEAF, Duration.ofDays(90), "*", FIRST, SECOND);
    var keys = keys(SECOND, FIRST);

    // Then
    assertThat(StatementRules.choose(keys, List.of(ofFirst), "production", NOW).orElseThrow().key())
        .isEqualTo(FIRST);
    var both = StatementRules.choose(keys, List.of(ofFirst, ofBoth), "production", NOW);
    assertThat(both.orElseThrow().key()).isEqualTo(SECOND);
    assertThat(both.orElseThrow().by()).containsExactly(ofBoth);
    assertThat(StatementRules.choose(keys(FIRST), List.of(), "production", NOW)).isEmpty();
  }

  @Test
  void aDelegationCountsForItsChannelsAndItsTime() {
    var beta = held(OLD_LEAF, Duration.ofDays(1), "beta", FIRST);
    assertThat(StatementRules.choose(keys(FIRST), List.of(beta), "production", NOW)).isEmpty();
    assertThat(StatementRules.choose(keys(FIRST), List.of(beta), "beta", NOW)).isPresent();
    var end = NOW.plus(Duration.ofDays(1));
    assertThat(StatementRules.choose(keys(FIRST), List.of(beta), "beta", end)).isEmpty();
    assertThat(StatementRules.choose(keys(FIRST), List.of(beta), "beta", NOW.minusSeconds(1)))
        .isEmpty();
  }

  @Test
  void oneByEachCertificateTravelsAndNoneThatIsAboutToEnd() {
    // Given
    var ofOld = held(OLD_LEAF, Duration.ofMinutes(59), "*", FIRST);
    var ofNew = held(NEW_LEAF, Duration.ofDays(3), "*", FIRST);
    var longer = held(NEW_LEAF, Duration.ofDays(9), "*", FIRST);
    var all = List.of(ofOld, ofNew, longer);

    // Then
    assertThat(StatementRules.choose(keys(FIRST), all, "x", NOW).orElseThrow().by())
        .containsExactly(longer);
    assertThat(StatementRules.choose(keys(FIRST), List.of(ofOld), "x", NOW).orElseThrow().by())
        .containsExactly(ofOld);
    var lasting = held(OLD_LEAF, Duration.ofHours(2), "*", FIRST);
    assertThat(
            StatementRules.choose(keys(FIRST), List.of(lasting, longer), "x", NOW)
                .orElseThrow()
                .by())
        .containsExactly(longer, lasting);
  }

  @Test
  void aChannelIsLapsedOnlyIfItOnceHadADelegation() {
    var beta = held(OLD_LEAF, Duration.ofDays(1), "beta", FIRST);
    var all = List.of(beta.delegation());
    var later = NOW.plus(Duration.ofDays(2));
    assertThat(StatementRules.isLapsed(List.of(), List.of(), "beta", NOW)).isFalse();
    assertThat(StatementRules.isLapsed(all, List.of(beta), "beta", NOW)).isFalse();
    assertThat(StatementRules.isLapsed(all, List.of(beta), "beta", later)).isTrue();
    assertThat(StatementRules.isLapsed(all, List.of(), "beta", NOW)).as("taken back").isTrue();
    assertThat(StatementRules.isLapsed(all, List.of(beta), "production", later)).isFalse();
  }

  @Test
  void seqRisesAlsoWhenTheClockIsSetBack() {
    assertThat(StatementRules.nextSeq(0, NOW)).isEqualTo(NOW.toEpochMilli());
    long ahead = NOW.plusSeconds(60).toEpochMilli();
    assertThat(StatementRules.nextSeq(ahead, NOW)).isEqualTo(ahead + 1);
  }

  @Test
  void remindersComeLongBeforeTheEnd() {
    assertThat(StatementRules.reminder(NOW.plus(Duration.ofDays(31)), NOW)).isEmpty();
    assertThat(StatementRules.reminder(NOW.plus(Duration.ofDays(30)), NOW)).hasValue(30);
    assertThat(StatementRules.reminder(NOW.plus(Duration.ofDays(10)), NOW)).hasValue(14);
    assertThat(StatementRules.reminder(NOW.plus(Duration.ofHours(5)), NOW)).hasValue(1);
    assertThat(StatementRules.reminder(NOW, NOW)).hasValue(0);
  }

  @Test
  void saysWhatMayBeOfferedAndWhoMayGoBack() {
    // Given
    var bundles =
        List.of(
            bundle("1.0.0", 1, OLD_LEAF, null, 0),
            bundle("2.0.0", 1, NEW_LEAF, OLD_LEAF, 1),
            bundle("2.0.1", 2, NEW_LEAF, OLD_LEAF, 2),
            bundle("3.0.0", 3, NEW_LEAF, null, 3),
            bundle("3.1.0", 3, NEW_LEAF, null, 4),
            bundle("3.2.0", 3, NEW_LEAF, null, 5));
    var by = List.of(held(NEW_LEAF, Duration.ofDays(9), "*", FIRST));

    // When
    var said =
        StatementRules.compose(
            channel("3.0.0", "3.1.0"), bundles, List.of(OLD_LEAF), by, 17, NOW.plusMillis(5));

    // Then
    assertThat(said.releases().stream().map(it -> it.version() + " " + it.role()))
        .containsExactly(
            "3.0.0 " + Role.BASELINE, "3.1.0 " + Role.CANDIDATE, "2.0.1 " + Role.STEPPING_STONE);
    assertThat(said.securityFloor()).isEqualTo(2);
    assertThat(said.rollbackFrom()).containsExactly("3.2.0", "2.0.1", "2.0.0", "1.0.0");
    assertThat(said.revoked()).containsExactly(OLD_LEAF);
    assertThat(said.seq()).isEqualTo(17);
    assertThat(said.issuedAt()).isEqualTo(NOW);
    assertThat(said.expiresAt()).isEqualTo(NOW.plus(ReleaseStatement.MAX_LIFE));
    assertThat(StatementRules.renewAt(said.issuedAt(), said.expiresAt()))
        .isEqualTo(NOW.plus(Duration.ofHours(12)));
  }

  @Test
  void neverOutlivesItsDelegation() {
    var by = List.of(held(OLD_LEAF, Duration.ofHours(3), "*", FIRST));
    var said = StatementRules.compose(channel("builtin", null), List.of(), List.of(), by, 1, NOW);
    assertThat(said.expiresAt()).isEqualTo(NOW.plus(Duration.ofHours(3)));
    assertThat(said.releases()).isEmpty();
    assertThat(said.securityFloor()).isZero();
  }

  /// A statement that no device reads would be worse than one that leaves out the oldest.
  @Test
  void fitsWhateverItHasToName() {
    // Given
    var bundles = new ArrayList<BundleState>();
    for (int i = 0; i < 1000; i++) {
      var version = "1.0." + i + "-" + "x".repeat(100);
      bundles.add(bundle(version, 0, digest("leaf" + i), digest("leaf" + (i - 1)), i));
    }
    var revoked = new ArrayList<Digest>();
    for (int i = 0; i < 500; i++) revoked.add(digest("revoked" + i));
    var by = List.of(held(OLD_LEAF, Duration.ofDays(9), "*", FIRST));

    // When
    var jws =
        StatementRules.compose(channel("builtin", null), bundles, revoked, by, 1, NOW).sign(FIRST);

    // Then
    assertThat(jws.length()).isLessThanOrEqualTo(ReleaseStatement.MAX_CHARACTERS);
    assertThat(ReleaseStatement.readUnverified(jws).releases()).hasSize(StatementRules.MAX_STONES);
  }

  private static Held held(Digest signer, Duration life, String channel, ReleaseKey... keys) {
    var delegation =
        new Delegation(
            APP,
            List.of(channel),
            List.of(keys).stream().map(ReleaseKey::publicKey).toList(),
            NOW,
            NOW.plus(life));
    return new Held(delegation, signer, "text of " + signer + life + channel);
  }

  private static LinkedHashMap<Digest, ReleaseKey> keys(ReleaseKey... keys) {
    var byId = new LinkedHashMap<Digest, ReleaseKey>();
    for (var key : keys) byId.put(key.publicKey().id(), key);
    return byId;
  }

  private static ChannelState channel(String baseline, @Nullable String candidate) {
    return new ChannelState(
        APP,
        ChannelName.of("production"),
        5,
        Version.of(baseline),
        null,
        candidate == null ? null : rollout(candidate),
        Set.of(),
        Set.of(),
        ChannelRules.DEFAULT,
        NOW);
  }

  private static ChannelState.ActiveRollout rollout(String version) {
    return new ChannelState.ActiveRollout(
        RolloutId.of("7b0c9d8e-1f2a-4b3c-8d4e-5f6a7b8c9d0e"),
        Version.of(version),
        "AAECAwQFBgcICQoLDA0ODw",
        Exposure.of("10 %"),
        Exposure.of("10 %"),
        0,
        false,
        Policy.CAUTIOUS,
        NOW);
  }

  private static BundleState bundle(
      String version, long epoch, Digest leaf, @Nullable Digest from, int hour) {
    return new BundleState(
        APP,
        Version.of(version),
        1,
        Status.PUBLISHED,
        Format.SLIPWAY_BUNDLE_1,
        digest("manifest of " + version),
        1,
        1,
        epoch,
        leaf,
        from,
        BundleState.Compat.ANY,
        null,
        null,
        null,
        false,
        NOW.minus(Duration.ofDays(90)).plus(Duration.ofHours(hour)));
  }

  private static Digest digest(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8));
  }
}
