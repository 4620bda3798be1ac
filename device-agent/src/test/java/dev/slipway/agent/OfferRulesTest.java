package dev.slipway.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.ContinuityRules;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.ReleaseKey;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.ReleaseStatement.Release;
import dev.slipway.bundle.ReleaseStatement.Role;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.agent.AgentAnswer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device believes of what it is offered. */
class OfferRulesTest {

  private static final AppId APP = AppId.of("com.example.app");
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final KeyRing PUBLISHER =
      KeyRing.generate(APP, RANDOM, NOW.minus(Duration.ofDays(1)), Duration.ofDays(900));
  private static final KeyRing STRANGER =
      KeyRing.generate(APP, RANDOM, NOW.minus(Duration.ofDays(1)), Duration.ofDays(900));
  private static final ReleaseKey KEY = ReleaseKey.generate(RANDOM);
  private static final Digest MANIFEST = Digest.sha256(new byte[] {1});

  private final OfferRules rules =
      new OfferRules(APP, "production", ContinuityRules.DEFAULT, Set.of());
  private final Trust trust = Trust.beginningWith(PUBLISHER.certificate().fingerprint());

  @TempDir Path folder;

  @Test
  void believesWhatThePublishersDelegationCovers() {
    var verified = rules.statement(answer(statement(7), delegation(PUBLISHER)), trust, NOW);
    assertThat(verified.statement().seq()).isEqualTo(7);
    assertThat(rules.member(MANIFEST, Version.of("1.1.0"), verified.statement(), trust).role())
        .isEqualTo(Role.BASELINE);
  }

  @Test
  void refusesWhoeverThePublisherDidNotName() {
    refused(Reason.MEMBER_MISSING, () -> rules.statement(answer(null), trust, NOW));
    refused(Reason.DELEGATION_UNTRUSTED, () -> rules.statement(answer(statement(7)), trust, NOW));
    refused(
        Reason.DELEGATION_UNTRUSTED,
        () -> rules.statement(answer(statement(7), delegation(STRANGER)), trust, NOW));
    String byAnother = said("production", 7, List.of()).sign(ReleaseKey.generate(RANDOM));
    refused(
        Reason.RELEASE_KEY_UNKNOWN,
        () -> rules.statement(answer(byAnother, delegation(PUBLISHER)), trust, NOW));
  }

  /** One by a successor, which the device cannot judge yet, does no harm. */
  @Test
  void findsTheDelegationThatItCanJudge() {
    var both = answer(statement(7), delegation(STRANGER), delegation(PUBLISHER));
    assertThat(rules.statement(both, trust, NOW).statement().seq()).isEqualTo(7);
  }

  @Test
  void refusesWhatIsOldOrForAnotherChannel() {
    var answer = answer(statement(7), delegation(PUBLISHER));
    refused(
        Reason.FROZEN,
        () -> rules.statement(answer, trust, NOW.plus(Duration.ofHours(24)).plusSeconds(1)));
    var ahead = new OfferRules(APP, "beta", ContinuityRules.DEFAULT, Set.of());
    refused(Reason.WRONG_STATEMENT, () -> ahead.statement(answer, trust, NOW));
    var seen = trust.seeing(rules.statement(answer, trust, NOW));
    refused(
        Reason.REPLAY,
        () -> rules.statement(answer(statement(6), delegation(PUBLISHER)), seen, NOW));
    var otherWords = said("production", 7, List.of("9.9.9")).sign(KEY);
    refused(
        Reason.REPLAY, () -> rules.statement(answer(otherWords, delegation(PUBLISHER)), seen, NOW));
    assertThat(rules.statement(answer, seen, NOW).statement().seq()).isEqualTo(7);
  }

  /** Row F15: the clock was set back, and an old statement does not become fresh by it. */
  @Test
  void aClockThatWasSetBackHelpsNobody() {
    var later = NOW.plus(Duration.ofDays(3));
    var fresh = new Trust(trust.leaf(), null, 0, null, List.of(), null, null, later);
    refused(
        Reason.FROZEN,
        () -> rules.statement(answer(statement(7), delegation(PUBLISHER)), fresh, NOW));
  }

  @Test
  void aRevokedCertificateIsNotTrusted() {
    var jws =
        new ReleaseStatement(
                APP,
                "production",
                7,
                NOW,
                NOW.plus(Duration.ofHours(24)),
                0,
                List.of(),
                List.of(),
                List.of(trust.leaf()))
            .sign(KEY);
    refused(
        Reason.CERTIFICATE_REVOKED,
        () -> rules.statement(answer(jws, delegation(PUBLISHER)), trust, NOW));
  }

  @Test
  void offersOutsideTheStatementAreRefused() {
    var said = said("production", 7, List.of("2.0.0"));
    refused(
        Reason.WRONG_STATEMENT,
        () -> rules.member(Digest.sha256(new byte[] {2}), Version.of("1.1.0"), said, trust));
    refused(
        Reason.VERSION_MISMATCH, () -> rules.member(MANIFEST, Version.of("1.1.1"), said, trust));
  }

  /** Row F13. */
  @Test
  void goesBackOnlyWhereTheStatementSaysSo() {
    var said = said("production", 7, List.of("2.0.0"));
    var above = running("3.0.0");
    refused(Reason.NOT_NEWER, () -> rules.member(MANIFEST, Version.of("1.1.0"), said, above));
    refused(Reason.NOT_NEWER, () -> OfferRules.requireWayBack(null, said, above.version()));
    var former = running("2.0.0");
    assertThat(rules.member(MANIFEST, Version.of("1.1.0"), said, former).version())
        .isEqualTo("1.1.0");
    OfferRules.requireWayBack(null, said, former.version());
  }

  @Test
  void whatItTrustsSurvivesARestart() throws Exception {
    var file = folder.resolve("trust.json");
    assertThat(Trust.read(file)).isEmpty();
    var seen =
        running("2.0.0")
            .seeing(rules.statement(answer(statement(7), delegation(PUBLISHER)), trust, NOW));
    seen.write(file);
    assertThat(Trust.read(file)).contains(seen);
    assertThat(seen.latest()).isEqualTo(NOW);
  }

  private Trust running(String version) {
    return trust.running(Version.of(version), MANIFEST, 1, trust.leaf(), null);
  }

  private static String statement(long seq) {
    return said("production", seq, List.of()).sign(KEY);
  }

  private static ReleaseStatement said(String channel, long seq, List<String> rollbackFrom) {
    return new ReleaseStatement(
        APP,
        channel,
        seq,
        NOW,
        NOW.plus(Duration.ofHours(24)),
        0,
        List.of(new Release(MANIFEST, "1.1.0", Role.BASELINE, NOW)),
        rollbackFrom,
        List.of());
  }

  private static String delegation(KeyRing by) {
    return new Delegation(
            APP, List.of("*"), List.of(KEY.publicKey()), NOW, NOW.plus(Duration.ofDays(30)))
        .sign(by.signer());
  }

  private static AgentAnswer answer(@Nullable String statement, String... delegations) {
    return new AgentAnswer(statement, List.of(delegations), null, false, Duration.ofMinutes(15));
  }

  private static void refused(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BundleException.class, it -> assertThat(it.reason()).isEqualTo(reason));
  }
}
