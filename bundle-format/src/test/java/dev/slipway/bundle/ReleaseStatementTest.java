package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.CRIT;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_SCOPE;
import static dev.slipway.bundle.BundleException.Reason.DELEGATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.ENCODING;
import static dev.slipway.bundle.BundleException.Reason.FROZEN;
import static dev.slipway.bundle.BundleException.Reason.HEADER_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.OBJECT_TOO_LARGE;
import static dev.slipway.bundle.BundleException.Reason.RELEASE_KEY_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.REPLAY;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.TYP;
import static dev.slipway.bundle.BundleException.Reason.WRONG_STATEMENT;
import static dev.slipway.bundle.Refusal.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.ReleaseStatement.Release;
import dev.slipway.bundle.ReleaseStatement.Role;
import dev.slipway.bundle.ReleaseStatement.Verified;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Delegations, and the release statements that they lend weight to. */
class ReleaseStatementTest {

  private static final AppId APP = AppId.of("com.example.app");
  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("2026-07-01T00:00:00Z");
  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");
  private static final Signer PUBLISHER =
      Authority.selfSigned(SignatureAlgorithm.ED25519, FROM, END);
  private static final Lineage TRUSTED = Lineage.beginningWith(PUBLISHER.certificate());
  private static final ReleaseKey KEY = ReleaseKey.generate(Authority.RANDOM);
  private static final Digest MANIFEST = Digest.sha256(new byte[1]);

  @ParameterizedTest
  @EnumSource
  void verifiesADelegation(SignatureAlgorithm algorithm) {
    Signer signer = Authority.selfSigned(algorithm, FROM, END);
    Delegation delegation = delegation("production", "beta");

    Delegation verified =
        Delegation.verify(
            delegation.sign(signer),
            APP,
            Lineage.trusting(signer.certificate().fingerprint()),
            ContinuityRules.DEFAULT,
            Set.of(),
            NOW);

    assertThat(verified).isEqualTo(delegation);
    assertThat(verified.key(KEY.publicKey().id())).contains(KEY.publicKey());
    assertThat(verified.covers("beta")).isTrue();
    assertThat(verified.covers("alpha")).isFalse();
    assertThat(delegation("*").covers("alpha")).isTrue();
    assertThat(Delegation.readUnverified(delegation.sign(signer))).isEqualTo(delegation);
    assertThat(Delegation.signerOf(delegation.sign(signer)))
        .isEqualTo(signer.certificate().fingerprint());
  }

  @Test
  void delegationLivesFromItsFirstSecondToItsLast() {
    String jws = delegation("*").sign(PUBLISHER);

    verify(jws, TRUSTED, FROM);
    verify(jws, TRUSTED, FROM.plus(Delegation.MAX_LIFE));
    assertRefused(DELEGATION_EXPIRED, () -> verify(jws, TRUSTED, FROM.minusSeconds(1)));
    assertRefused(
        DELEGATION_EXPIRED,
        () -> verify(jws, TRUSTED, FROM.plus(Delegation.MAX_LIFE).plusSeconds(1)));
  }

  @Test
  void delegationEndsWithTheGraceOfItsSigner() {
    ContinuityRules short10 =
        new ContinuityRules(Duration.ofDays(10), ContinuityRules.Pin.LEAF, false);
    String jws = delegation("*").sign(PUBLISHER);
    Instant last = END.plus(Duration.ofDays(10));

    Delegation.verify(jws, APP, TRUSTED, short10, Set.of(), last);
    assertRefused(
        DELEGATION_EXPIRED,
        () -> Delegation.verify(jws, APP, TRUSTED, short10, Set.of(), last.plusSeconds(1)));
  }

  @Test
  void refusesDelegationsOfOthers() {
    Signer stranger = Authority.selfSigned(SignatureAlgorithm.ED25519, FROM, END);
    String jws = delegation("*").sign(PUBLISHER);
    Signer renewal = Authority.renewed(PUBLISHER.key(), FROM, END);

    assertRefused(DELEGATION_UNTRUSTED, () -> verify(delegation("*").sign(stranger), TRUSTED, NOW));
    assertRefused(
        CERTIFICATE_REVOKED,
        () -> verify(jws, TRUSTED.revoking(Set.of(PUBLISHER.certificate().fingerprint())), NOW));
    assertRefused(
        APP_MISMATCH,
        () ->
            Delegation.verify(
                jws,
                AppId.of("com.example.other"),
                TRUSTED,
                ContinuityRules.DEFAULT,
                Set.of(),
                NOW));
    assertRefused(DELEGATION_UNTRUSTED, () -> verify(delegation("*").sign(renewal), TRUSTED, NOW));
    Delegation.verify(
        delegation("*").sign(renewal),
        APP,
        TRUSTED,
        new ContinuityRules(Duration.ZERO, ContinuityRules.Pin.SPKI, false),
        Set.of(),
        NOW);
    assertRefused(
        CERTIFICATE_EXPIRED,
        () ->
            new Delegation(
                    APP,
                    List.of("*"),
                    List.of(KEY.publicKey()),
                    END.plusSeconds(1),
                    END.plusSeconds(2))
                .sign(PUBLISHER));
  }

  @Test
  void delegationsStayWithinTheirBounds() {
    assertRefused(MEMBER_VALUE, () -> delegation());
    assertRefused(MEMBER_VALUE, () -> delegation("a", "a"));
    assertRefused(MEMBER_VALUE, () -> delegation("*", "a"));
    assertRefused(MEMBER_VALUE, () -> delegation("a/b"));
    List<ReleasePublicKey> keys = List.of(KEY.publicKey());
    assertRefused(MEMBER_VALUE, () -> new Delegation(APP, List.of("a"), List.of(), FROM, END));
    assertRefused(MEMBER_VALUE, () -> new Delegation(APP, List.of("a"), keys, END, END));
    assertRefused(
        MEMBER_VALUE,
        () ->
            new Delegation(
                APP, List.of("a"), keys, FROM, FROM.plus(Delegation.MAX_LIFE).plusSeconds(1)));
    assertRefused(MEMBER_VALUE, () -> new ReleasePublicKey("AAAA"));
    assertRefused(OBJECT_TOO_LARGE, () -> verify("a".repeat(100_000), TRUSTED, NOW));
  }

  @Test
  void verifiesAStatement() {
    ReleaseStatement statement = statement("production", 7);
    String jws = statement.sign(KEY);

    Verified verified = verify(jws, "production", NOW);

    assertThat(verified.statement()).isEqualTo(statement);
    assertThat(verified.statement().release(MANIFEST))
        .hasValueSatisfying(release -> assertThat(release.role()).isEqualTo(Role.CANDIDATE));
    assertThat(verified.statement().release(Digest.sha256(new byte[9]))).isEmpty();
    assertThat(ReleaseStatement.readUnverified(jws)).isEqualTo(statement);
    assertThat(ReleaseKey.parse(KEY.reveal()).publicKey()).isEqualTo(KEY.publicKey());
    assertThat(statement.sign(KEY)).isEqualTo(jws);
  }

  @Test
  void refusesAnExpiredStatement() {
    // F10
    String jws = statement("production", 7).sign(KEY);
    Instant last = NOW.plus(ReleaseStatement.MAX_LIFE);

    verify(jws, "production", last);
    assertRefused(FROZEN, () -> verify(jws, "production", last.plusSeconds(1)));
  }

  @Test
  void refusesAnOlderStatementAndAContradiction() {
    // F10
    Verified seventh = verify(statement("production", 7).sign(KEY), "production", NOW);
    Verified eighth = verify(statement("production", 8).sign(KEY), "production", NOW);
    Verified other =
        verify(
            new ReleaseStatement(
                    APP,
                    "production",
                    7,
                    NOW,
                    NOW.plusSeconds(60),
                    0,
                    List.of(),
                    List.of(),
                    List.of())
                .sign(KEY),
            "production",
            NOW);

    eighth.requireFollows(seventh.seen());
    seventh.requireFollows(seventh.seen());
    assertRefused(REPLAY, () -> seventh.requireFollows(eighth.seen()));
    assertRefused(REPLAY, () -> other.requireFollows(seventh.seen()));
  }

  @Test
  void refusesAStatementForAnother() {
    // F11
    String jws = statement("beta", 7).sign(KEY);

    assertRefused(WRONG_STATEMENT, () -> verify(jws, "production", NOW));
    assertRefused(
        WRONG_STATEMENT,
        () ->
            ReleaseStatement.verify(
                jws, List.of(delegation("*")), AppId.of("com.example.b"), "beta", NOW));
  }

  @Test
  void refusesAStatementThatNoDelegationCovers() {
    String jws = statement("production", 7).sign(KEY);
    String strange = statement("production", 7).sign(ReleaseKey.generate(Authority.RANDOM));
    Delegation ends =
        new Delegation(
            APP,
            List.of("*"),
            List.of(KEY.publicKey()),
            FROM,
            NOW.plus(ReleaseStatement.MAX_LIFE).minusSeconds(1));
    Delegation begins =
        new Delegation(
            APP, List.of("*"), List.of(KEY.publicKey()), NOW.plusSeconds(1), NOW.plusSeconds(99));

    assertRefused(RELEASE_KEY_UNKNOWN, () -> verify(strange, "production", NOW));
    assertRefused(RELEASE_KEY_UNKNOWN, () -> verify(jws, "production", NOW, List.of()));
    assertRefused(
        DELEGATION_SCOPE, () -> verify(jws, "production", NOW, List.of(delegation("beta"))));
    assertRefused(DELEGATION_EXPIRED, () -> verify(jws, "production", NOW, List.of(ends, begins)));
    verify(jws, "production", NOW, List.of(delegation("beta"), ends, delegation("*")));
  }

  @Test
  void refusesEveryFlippedCharacter() {
    String jws = statement("production", 7).sign(KEY);
    for (int i = 0; i < jws.length(); i++) {
      StringBuilder flipped = new StringBuilder(jws);
      flipped.setCharAt(i, jws.charAt(i) == 'A' ? 'B' : 'A');
      BundleException refused =
          org.assertj.core.api.Assertions.catchThrowableOfType(
              BundleException.class, () -> verify(flipped.toString(), "production", NOW));
      assertThat(refused).as("character " + i).isNotNull();
    }
  }

  @Test
  void refusesOtherHeaders() {
    String kid = "\"kid\":\"" + KEY.publicKey().id() + "\"";
    String good = "{\"alg\":\"Ed25519\",\"typ\":\"slipway-release+jws\"," + kid + "}";
    verify(withHeader(good), "production", NOW);

    List<Object[]> cases = new ArrayList<>();
    cases.add(new Object[] {good.replace("Ed25519", "none"), ALG_NOT_ALLOWED});
    cases.add(new Object[] {good.replace("Ed25519", "HS256"), ALG_NOT_ALLOWED});
    cases.add(new Object[] {good.replace("release+jws", "manifest+jws"), TYP});
    cases.add(new Object[] {good.replace("}", ",\"crit\":[\"a\"]}"), CRIT});
    cases.add(new Object[] {good.replace("}", ",\"jwk\":{}}"), HEADER_NOT_ALLOWED});
    cases.add(new Object[] {good.replace("}", ",\"b64\":false}"), HEADER_NOT_ALLOWED});
    for (Object[] one : cases) {
      assertRefused((Reason) one[1], () -> verify(withHeader((String) one[0]), "production", NOW));
    }
  }

  @Test
  void tellsSignedObjectsOfOtherKindsApart() {
    // C11: nothing that is signed for one purpose counts for another
    String delegation = delegation("*").sign(PUBLISHER);
    String statement = statement("production", 7).sign(KEY);

    assertRefused(TYP, () -> verify(delegation, "production", NOW));
    assertRefused(TYP, () -> verify(statement, TRUSTED, NOW));
    assertRefused(ENCODING, () -> verify("a.b", "production", NOW));
    assertRefused(
        SIGNATURE_INVALID,
        () ->
            verify(
                statement.substring(0, statement.lastIndexOf('.')) + ".AAAA", "production", NOW));
  }

  private static String withHeader(String header) {
    byte[] payload =
        CompactJws.parse(statement("production", 7).sign(KEY), ReleaseStatement.MAX_CHARACTERS)
            .payloadBytes();
    return CompactJws.write(header.getBytes(StandardCharsets.UTF_8), payload, KEY::sign);
  }

  private static Delegation delegation(String... channels) {
    return new Delegation(
        APP, List.of(channels), List.of(KEY.publicKey()), FROM, FROM.plus(Delegation.MAX_LIFE));
  }

  private static ReleaseStatement statement(String channel, long seq) {
    return new ReleaseStatement(
        APP,
        channel,
        seq,
        NOW,
        NOW.plus(ReleaseStatement.MAX_LIFE),
        3,
        List.of(new Release(MANIFEST, "1.4.2", Role.CANDIDATE, FROM)),
        List.of("1.5.0"),
        List.of(Digest.sha256(new byte[2])));
  }

  private static Delegation verify(String jws, Lineage lineage, Instant time) {
    return Delegation.verify(jws, APP, lineage, ContinuityRules.DEFAULT, Set.of(), time);
  }

  private static Verified verify(String jws, String channel, Instant time) {
    return verify(jws, channel, time, List.of(delegation("*")));
  }

  private static Verified verify(
      String jws, String channel, Instant time, List<Delegation> delegations) {
    return ReleaseStatement.verify(jws, delegations, APP, channel, time);
  }
}
