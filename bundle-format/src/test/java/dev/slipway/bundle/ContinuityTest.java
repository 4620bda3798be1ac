package dev.slipway.bundle;

import static dev.slipway.bundle.Authority.renewed;
import static dev.slipway.bundle.Authority.selfSigned;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_EXPIRED;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_NOT_YET_VALID;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_PATH;
import static dev.slipway.bundle.BundleException.Reason.CERTIFICATE_REVOKED;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_RETURN;
import static dev.slipway.bundle.BundleException.Reason.LINEAGE_STALE;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_GRACE_ELAPSED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REDUNDANT;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_TARGET;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.Refusal.assertRefused;
import static dev.slipway.bundle.SignatureAlgorithm.ED25519;
import static dev.slipway.bundle.SignatureAlgorithm.ES256;
import static dev.slipway.bundle.SignatureAlgorithm.PS256;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.Continuity.Accepted;
import dev.slipway.bundle.Continuity.Migrated;
import dev.slipway.bundle.Continuity.Refused;
import dev.slipway.bundle.Continuity.Renewed;
import dev.slipway.bundle.Continuity.Same;
import dev.slipway.bundle.ContinuityRules.Pin;
import dev.slipway.bundle.SignedManifest.Signature;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each row of the table of migrations, on both sides of each second that matters. */
class ContinuityTest {

  private static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant END = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2040-01-01T00:00:00Z");
  private static final Instant VALID = Instant.parse("2025-06-01T00:00:00Z");
  private static final Instant GRACE_END = END.plusSeconds(365L * 86_400);

  /** Both sides of each second at which the old one's state changes, and one between. */
  private static final List<Instant> EVERY_STATE =
      List.of(
          FROM,
          VALID,
          END,
          END.plusSeconds(1),
          GRACE_END,
          GRACE_END.plusSeconds(1),
          GRACE_END.plusSeconds(86_400));

  private static final Signer OLD = selfSigned(ED25519, FROM, END);
  private static final Signer NEW = selfSigned(ES256, FROM, LATER);
  private static final Signer NEXT = selfSigned(PS256, FROM, LATER);
  private static final Signer STRANGER = selfSigned(ED25519, FROM, LATER);

  private static final Lineage AT_OLD = Lineage.beginningWith(OLD.certificate());
  private static final Lineage AT_NEW = AT_OLD.followedBy(NEW.certificate());
  private static final ContinuityRules RULES = ContinuityRules.DEFAULT;

  @Test
  void acceptsTheSameCertificateWhileItIsValid() {
    CheckedManifest bundle = by(OLD);

    for (Instant time : List.of(FROM, VALID, END, END.plusMillis(999))) {
      Same same = (Same) Continuity.judge(bundle, AT_OLD, RULES, time);
      assertThat(same.lineage()).isEqualTo(AT_OLD);
      assertThat(same.manifest().leaf()).isEqualTo(OLD.certificate());
    }
    // C12, C13: grace is for handing over, and for nothing else.
    assertRefusal(CERTIFICATE_NOT_YET_VALID, bundle, AT_OLD, FROM.minusMillis(1));
    assertRefusal(CERTIFICATE_EXPIRED, bundle, AT_OLD, END.plusSeconds(1));
    assertRefusal(CERTIFICATE_EXPIRED, bundle, AT_OLD, GRACE_END);
    assertRefusal(CERTIFICATE_EXPIRED, bundle, AT_OLD, GRACE_END.plusSeconds(1));
  }

  @Test
  void acceptsASuccessorToWhomTheValidOneHandsOver() {
    CheckedManifest bundle = migrated(NEW, OLD);

    for (Instant time : List.of(FROM, VALID, END)) {
      Migrated migrated = (Migrated) Continuity.judge(bundle, AT_OLD, RULES, time);
      assertThat(migrated.inGrace()).isEmpty();
      assertThat(migrated.from()).isEqualTo(OLD.certificate());
      assertThat(migrated.lineage().current()).isEqualTo(NEW.certificate().fingerprint());
      assertThat(migrated.lineage().former()).containsExactly(OLD.certificate().fingerprint());
    }
  }

  @Test
  void acceptsASuccessorThroughoutTheGraceOfTheEndedOne() {
    // C24, C25
    CheckedManifest bundle = migrated(NEW, OLD);

    Migrated first = (Migrated) Continuity.judge(bundle, AT_OLD, RULES, END.plusSeconds(1));
    Migrated late =
        (Migrated) Continuity.judge(bundle, AT_OLD, RULES, GRACE_END.minusSeconds(3600));
    Migrated last = (Migrated) Continuity.judge(bundle, AT_OLD, RULES, GRACE_END);

    assertThat(first.inGrace().orElseThrow().until()).isEqualTo(GRACE_END);
    assertThat(first.inGrace().orElseThrow().daysLeft()).isEqualTo(364);
    assertThat(late.inGrace().orElseThrow().left()).isEqualTo(Duration.ofHours(1));
    assertThat(last.inGrace().orElseThrow().daysLeft()).isZero();
    assertRefusal(MIGRATION_GRACE_ELAPSED, bundle, AT_OLD, GRACE_END.plusSeconds(1));
  }

  @Test
  void grantsTheGraceThatTheOwnerSet() {
    // C31, and the rules of AIR before 2.6
    CheckedManifest bundle = migrated(NEW, OLD);
    ContinuityRules none = new ContinuityRules(Duration.ZERO, Pin.LEAF, false);
    ContinuityRules half = new ContinuityRules(Duration.ofDays(180), Pin.LEAF, false);
    Instant halfEnd = END.plusSeconds(180L * 86_400);

    assertThat(Continuity.judge(bundle, AT_OLD, none, END)).isInstanceOf(Migrated.class);
    assertRefusal(MIGRATION_GRACE_ELAPSED, bundle, AT_OLD, none, END.plusSeconds(1));
    assertThat(Continuity.judge(bundle, AT_OLD, half, halfEnd)).isInstanceOf(Migrated.class);
    assertRefusal(MIGRATION_GRACE_ELAPSED, bundle, AT_OLD, half, halfEnd.plusSeconds(1));
  }

  @Test
  void refusesASuccessorThatIsNotValid() {
    Signer brief = selfSigned(ED25519, VALID, VALID.plusSeconds(10));
    CheckedManifest bundle = migrated(brief, OLD);

    assertRefusal(CERTIFICATE_NOT_YET_VALID, bundle, AT_OLD, VALID.minusSeconds(1));
    assertThat(Continuity.judge(bundle, AT_OLD, RULES, VALID)).isInstanceOf(Migrated.class);
    assertThat(Continuity.judge(bundle, AT_OLD, RULES, VALID.plusSeconds(10)))
        .isInstanceOf(Migrated.class);
    assertRefusal(CERTIFICATE_EXPIRED, bundle, AT_OLD, VALID.plusSeconds(11));
  }

  @Test
  void refusesAFormerOneThatIsNotValidYet() {
    CheckedManifest bundle = migrated(selfSigned(ED25519, FROM.minusSeconds(99), LATER), OLD);

    assertRefusal(CERTIFICATE_NOT_YET_VALID, bundle, AT_OLD, FROM.minusSeconds(1));
    assertThat(Continuity.judge(bundle, AT_OLD, RULES, FROM)).isInstanceOf(Migrated.class);
  }

  @Test
  void refusesAnotherCertificateWithoutMigration() {
    // C19: whatever the state of the old one
    for (Instant time : EVERY_STATE) {
      assertRefusal(MIGRATION_REQUIRED, by(NEW), AT_OLD, time);
    }
    // A former one is another one as well.
    assertRefusal(MIGRATION_REQUIRED, by(OLD), AT_NEW, VALID);
  }

  @Test
  void refusesAMigrationByAStranger() {
    // C20
    for (Instant time : EVERY_STATE) {
      assertRefusal(MIGRATION_UNTRUSTED, migrated(NEW, STRANGER), AT_OLD, time);
    }
    assertRefusal(MIGRATION_UNTRUSTED, migrated(OLD, STRANGER), AT_OLD, VALID);
  }

  @Test
  void refusesAMigrationCopiedFromAnotherVersion() {
    // C21
    SignedManifest other = SignedManifest.parse(jws("1.0.0", NEW, OLD));
    SignedManifest own = SignedManifest.parse(jws("2.0.0", NEW, null));
    List<Signature> signatures = new ArrayList<>(own.signatures());
    signatures.add(other.signatures().get(1));

    assertRefused(
        SIGNATURE_INVALID, () -> check(new SignedManifest(own.payload(), signatures).write()));
  }

  @Test
  void refusesAMigrationGraftedOntoAnotherSigner() {
    // C22: the genuine hand-over to NEW, and the attacker's signature over the same payload
    SignedManifest genuine = SignedManifest.parse(jws("1.0.0", NEW, OLD));
    SignedManifest attacker =
        SignedManifest.parse(ManifestSigner.signAnew(genuine.write(), STRANGER, VALID));
    byte[] grafted =
        new SignedManifest(
                genuine.payload(),
                List.of(attacker.signatures().get(0), genuine.signatures().get(1)))
            .write();

    for (Instant time : EVERY_STATE) {
      assertRefusal(MIGRATION_TARGET, check(grafted), AT_OLD, time);
    }
  }

  @Test
  void refusesAMigrationToOneself() {
    // C23. The publisher's tool refuses to make one, so it is made by hand.
    byte[] header =
        SignatureHeader.ofMigration(ED25519, OLD.chain(), OLD.certificate().fingerprint());
    byte[] redundant = withSecond(jws("1.0.0", OLD, null), header, OLD);

    assertRefusal(MIGRATION_REDUNDANT, check(redundant), AT_OLD, VALID);
    assertRefused(
        MIGRATION_REDUNDANT,
        () ->
            ManifestSigner.migrate(
                jws("1.0.0", OLD, null), OLD, VALID, ContinuityRules.DEFAULT_GRACE));
  }

  @Test
  void refusesWhateverARevokedCertificateHasAPartIn() {
    // C17, C26: valid, in grace or former, as the one who signs or hands over
    Digest old = OLD.certificate().fingerprint();
    Digest successor = NEW.certificate().fingerprint();
    Lineage oldRevoked = AT_OLD.revoking(Set.of(old));

    assertRefusal(CERTIFICATE_REVOKED, by(OLD), oldRevoked, VALID);
    for (Instant time : EVERY_STATE) {
      assertRefusal(CERTIFICATE_REVOKED, migrated(NEW, OLD), oldRevoked, time);
      assertRefusal(CERTIFICATE_REVOKED, by(NEW), oldRevoked, time);
    }
    assertRefusal(
        CERTIFICATE_REVOKED, migrated(NEW, OLD), AT_OLD.revoking(Set.of(successor)), VALID);
    assertRefusal(CERTIFICATE_REVOKED, migrated(NEXT, OLD), AT_NEW.revoking(Set.of(old)), VALID);
    assertThat(Continuity.judge(by(NEW), AT_NEW.revoking(Set.of(old)), RULES, VALID))
        .isInstanceOf(Same.class);
  }

  @Test
  void refusesAMigrationByOneThatWasFollowedAlready() {
    // C28
    assertRefusal(LINEAGE_STALE, migrated(NEXT, OLD), AT_NEW, VALID);
  }

  @Test
  void refusesTheWayBackUnlessTheOwnerUnlocksIt() {
    // C29
    CheckedManifest bundle = migrated(OLD, NEW);
    ContinuityRules unlocked = new ContinuityRules(Duration.ofDays(365), Pin.LEAF, true);

    assertRefusal(LINEAGE_RETURN, bundle, AT_NEW, VALID);

    Accepted accepted = (Accepted) Continuity.judge(bundle, AT_NEW, unlocked, VALID);
    assertThat(accepted.lineage().current()).isEqualTo(OLD.certificate().fingerprint());
    assertThat(accepted.lineage().former()).containsExactly(NEW.certificate().fingerprint());
  }

  @Test
  void takesARenewalOverTheSameKeyForTheSameSignerOnlyIfTheOwnerSaysSo() {
    // C30
    Signer renewal = renewed(OLD.key(), VALID, LATER);
    ContinuityRules byKey = new ContinuityRules(Duration.ofDays(365), Pin.SPKI, false);
    Lineage unknownKey = Lineage.trusting(OLD.certificate().fingerprint());

    assertRefusal(MIGRATION_REQUIRED, by(renewal), AT_OLD, VALID);
    Renewed accepted = (Renewed) Continuity.judge(by(renewal), AT_OLD, byKey, END.plusSeconds(9));
    assertThat(accepted.lineage().current()).isEqualTo(renewal.certificate().fingerprint());
    assertThat(accepted.from()).isEqualTo(OLD.certificate().fingerprint());
    assertRefusal(CERTIFICATE_NOT_YET_VALID, by(renewal), AT_OLD, byKey, VALID.minusSeconds(1));
    assertRefusal(MIGRATION_REQUIRED, by(STRANGER), AT_OLD, byKey, VALID);
    assertRefusal(MIGRATION_REQUIRED, by(renewal), unknownKey, byKey, VALID);
    // It is not the way back either.
    assertRefusal(LINEAGE_RETURN, by(OLD), accepted.lineage(), byKey, VALID);
  }

  @Test
  void acceptsAMigratedReleaseAsAFirstInstallation() {
    // A device that came with NEW has never heard of OLD; a server has, and keeps the strict rule.
    Lineage device = Lineage.trusting(NEW.certificate().fingerprint());

    assertThat(Continuity.judge(migrated(NEW, OLD), device, RULES, VALID)).isInstanceOf(Same.class);
    assertThat(Continuity.judge(migrated(NEW, OLD), AT_NEW, RULES, VALID)).isInstanceOf(Same.class);
    assertThat(Continuity.judge(migrated(NEW, OLD), AT_NEW, RULES, GRACE_END.plusSeconds(1)))
        .isInstanceOf(Same.class);
    assertRefusal(MIGRATION_UNTRUSTED, migrated(NEW, STRANGER), AT_NEW, VALID);
  }

  @Test
  void followsAChainOfMigrationsOneByOne() {
    Lineage device = Lineage.trusting(OLD.certificate().fingerprint());
    CheckedManifest third = migrated(NEW, OLD);
    CheckedManifest fourth = by(NEW);
    CheckedManifest fifth = migrated(NEXT, NEW);

    assertRefusal(MIGRATION_REQUIRED, fourth, device, VALID);
    assertRefusal(MIGRATION_UNTRUSTED, fifth, device, VALID);
    Accepted one = (Accepted) Continuity.judge(third, device, RULES, VALID);
    assertThat(Continuity.judge(fourth, one.lineage(), RULES, VALID)).isInstanceOf(Same.class);
    Accepted two = (Accepted) Continuity.judge(fifth, one.lineage(), RULES, VALID);
    assertThat(two.lineage().current()).isEqualTo(NEXT.certificate().fingerprint());
    assertThat(two.lineage().former())
        .containsExactlyInAnyOrder(
            OLD.certificate().fingerprint(), NEW.certificate().fingerprint());
  }

  @Test
  void lendsNoTrustToASuccessorWithAnUnpinnedRoot() {
    Authority root = Authority.root("root", ED25519);
    Signer issued = root.signer(ED25519);
    Instant time = Instant.parse("2026-01-01T00:00:00Z");
    byte[] jws = ManifestSigner.signAnew(Golden.jws(), issued, time);
    byte[] migrated = ManifestSigner.migrate(jws, OLD, time, ContinuityRules.DEFAULT_GRACE);

    assertRefused(CERTIFICATE_PATH, () -> ManifestVerifier.check(migrated, Set.of(), time));
    CheckedManifest pinned = ManifestVerifier.check(migrated, Set.of(root.fingerprint()), time);
    assertThat(Continuity.judge(pinned, AT_OLD, RULES, time)).isInstanceOf(Migrated.class);
  }

  @Test
  void signerRefusesWhatNoVerifierWouldTake() {
    // F20
    byte[] byNew = jws("1.0.0", NEW, null);
    Duration grace = ContinuityRules.DEFAULT_GRACE;

    ManifestSigner.sign(manifest("1.0.0"), OLD, END);
    assertRefused(
        CERTIFICATE_EXPIRED, () -> ManifestSigner.sign(manifest("1.0.0"), OLD, END.plusSeconds(1)));
    assertRefused(
        CERTIFICATE_NOT_YET_VALID,
        () -> ManifestSigner.sign(manifest("1.0.0"), OLD, FROM.minusSeconds(1)));
    ManifestSigner.migrate(byNew, OLD, GRACE_END, grace);
    assertRefused(
        MIGRATION_GRACE_ELAPSED,
        () -> ManifestSigner.migrate(byNew, OLD, GRACE_END.plusSeconds(1), grace));
    assertRefused(
        CERTIFICATE_EXPIRED, () -> ManifestSigner.migrate(byNew, OLD, LATER.plusSeconds(1), grace));
  }

  @Test
  void replacesAHandOverInsteadOfAddingOne() {
    byte[] twice =
        ManifestSigner.migrate(
            jws("1.0.0", NEW, STRANGER), OLD, VALID, ContinuityRules.DEFAULT_GRACE);

    assertThat(Continuity.judge(check(twice), AT_OLD, RULES, VALID)).isInstanceOf(Migrated.class);
  }

  private static void assertRefusal(
      Reason reason, CheckedManifest bundle, Lineage lineage, Instant time) {
    assertRefusal(reason, bundle, lineage, RULES, time);
  }

  private static void assertRefusal(
      Reason reason, CheckedManifest bundle, Lineage lineage, ContinuityRules rules, Instant time) {
    assertThat(Continuity.judge(bundle, lineage, rules, time))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  private static CheckedManifest by(Signer signer) {
    return check(jws("1.0.0", signer, null));
  }

  private static CheckedManifest migrated(Signer signer, Signer former) {
    return check(jws("1.0.0", signer, former));
  }

  private static CheckedManifest check(byte[] jws) {
    return ManifestVerifier.check(jws, Set.of(), VALID);
  }

  private static byte[] jws(String version, Signer signer, Signer former) {
    byte[] payload =
        Golden.payload()
            .replace("\"version\":\"1.0.0\"", "\"version\":\"" + version + "\"")
            .getBytes(StandardCharsets.UTF_8);
    Instant from = signer.certificate().notBefore();
    byte[] jws = ManifestSigner.sign(payload, signer, from);
    if (former == null) {
      return jws;
    }
    byte[] header =
        SignatureHeader.ofMigration(
            former.key().algorithm(), former.chain(), signer.certificate().fingerprint());
    return withSecond(jws, header, former);
  }

  private static byte[] withSecond(byte[] jws, byte[] header, Signer signer) {
    SignedManifest signed = SignedManifest.parse(jws);
    Signature unsigned = new Signature(Base64Url.encode(header), "");
    byte[] signature = signer.key().sign(unsigned.signingInput(signed.payload()));
    return new SignedManifest(
            signed.payload(),
            List.of(
                signed.signatures().get(0),
                new Signature(unsigned.header(), Base64Url.encode(signature))))
        .write();
  }

  private static Manifest manifest(String version) {
    return ManifestVerifier.readUnverified(jws(version, STRANGER, null));
  }
}
