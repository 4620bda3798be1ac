package dev.slipway.ingest;

import static dev.slipway.ingest.Api.read;
import static dev.slipway.ingest.Bench.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.bundle.BundleAnswer.Warning;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.CertificateView;
import dev.slipway.contracts.bundle.CertificateView.Status;
import dev.slipway.contracts.bundle.NewCertificate;
import dev.slipway.contracts.bundle.NewUnlock;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.bundle.StatedReason;
import dev.slipway.contracts.bundle.UnlockView;
import dev.slipway.contracts.http.Page;
import dev.slipway.ingest.app.Apps;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.lineage.LineageBook;
import dev.slipway.ingest.lineage.Reminders;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The succession of a publisher's certificates: each row of the migration table, on both sides of
/// every second at which the answer changes, over HTTP.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class LineageIT {

  private static final TypeReference<Page<CertificateView>> CERTIFICATES = new TypeReference<>() {};
  private static final Duration DAY = Duration.ofDays(1);

  /// The second at which everything is judged. Close to now, so that access keys are valid.
  private static final Instant T = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  @Inject MovableClock clock;
  @Inject Apps apps;
  @Inject LineageBook lineage;
  @Inject BlobBook blobs;
  @Inject Database database;
  @Inject Reminders reminders;

  @AfterEach
  void time() {
    clock.goOn();
  }

  @Test
  void theSameCertificateSignsOn() throws Exception {
    // Given
    var a = Identity.spec().make();
    var bench = bench("same", a);

    // When
    bench.accepts(bench.signed("1.0.0", a));
    bench.accepts(bench.signed("1.0.1", a));

    // Then
    var remains = Remains.of(bench.app(), endpoints);
    assertThat(remains.certificates())
        .containsExactly("certificate " + a.fingerprint(), "lineage " + a.fingerprint() + " 1.0.0");
    assertThat(remains.publisherEvents()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, 201, ", "1, 422, certificate-expired"})
  void aCertificateSignsToItsLastSecond(int after, int status, String slug) throws Exception {
    // Given
    var a = Identity.valid(T.minus(DAY), T);
    var bench = bench("last" + after, a);
    clock.standAt(T.plusSeconds(after).plusMillis(999));

    // Then
    answers(bench, bench.signed("1.0.0", a), status, slug);
  }

  @ParameterizedTest
  @CsvSource({"-1, 422, certificate-not-yet-valid", "0, 201, "})
  void aCertificateSignsFromItsFirstSecond(int after, int status, String slug) throws Exception {
    // Given
    var a = Identity.valid(T, T.plus(DAY));
    var bench = bench("first" + (after + 1), a);
    clock.standAt(T.plusSeconds(after));

    // Then
    answers(
        bench,
        Jws.of(bench.manifest("1.0.0", T.minusSeconds(60))).publisher(a).bytes(),
        status,
        slug);
  }

  @ParameterizedTest
  @CsvSource({"-1, 422, certificate-not-yet-valid", "0, 201, "})
  void aSuccessorMustBeValidItself(int after, int status, String slug) throws Exception {
    // Given
    var a = Identity.spec().make();
    var b = Identity.valid(T, T.plus(DAY));
    var bench = bench("successor" + (after + 1), a);
    clock.standAt(T.plusSeconds(after));
    var manifest = bench.manifest("1.0.0", T.minusSeconds(60));

    // Then
    answers(bench, Jws.of(manifest).publisher(b).migration(a, b).bytes(), status, slug);
  }

  @ParameterizedTest
  @CsvSource({"0, 201, ", "1, 422, certificate-expired"})
  void aSuccessorMustNotHaveEndedItself(int after, int status, String slug) throws Exception {
    // Given
    var a = Identity.spec().make();
    var b = Identity.valid(T.minus(DAY), T);
    var bench = bench("endedsuccessor" + after, a);
    clock.standAt(T.plusSeconds(after));
    var manifest = bench.manifest("1.0.0", T.minusSeconds(60));

    // Then
    answers(bench, Jws.of(manifest).publisher(b).migration(a, b).bytes(), status, slug);
  }

  @ParameterizedTest
  @CsvSource({"-1, 422, certificate-not-yet-valid", "0, 201, "})
  void aCertificateHandsOverFromItsFirstSecond(int after, int status, String slug)
      throws Exception {
    // Given
    var a = Identity.valid(T, T.plus(DAY));
    var b = Identity.spec().make();
    var bench = bench("firsthandover" + (after + 1), a);
    clock.standAt(T.plusSeconds(after));
    var manifest = bench.manifest("1.0.0", T.minusSeconds(60));

    // Then
    answers(bench, Jws.of(manifest).publisher(b).migration(a, b).bytes(), status, slug);
  }

  /// The rows of the migration table that hold whatever the old certificate's state, on both sides
  /// of each second at which that changes.
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 31_536_000, 31_536_001})
  void whatIsNoSuccessionIsRefusedInEveryState(long secondsAfter) throws Exception {
    // Given
    var end = T.minusSeconds(secondsAfter);
    var a = Identity.valid(end.minus(DAY), end);
    var b = Identity.spec().make();
    var stranger = Identity.spec().make();
    var bench = bench("states" + secondsAfter, a);
    clock.standAt(end);
    bench.accepts(Jws.of(bench.manifest("1.0.0", end)).publisher(a).bytes());
    clock.standAt(T);
    var manifest = bench.manifest("2.0.0", T);

    // Then
    bench.refuses(Jws.of(manifest).publisher(b).bytes(), 422, "migration-required");
    bench.refuses(
        Jws.of(manifest).publisher(b).migration(stranger, b).bytes(), 422, "migration-untrusted");
    bench.refuses(
        Jws.of(manifest)
            .publisher(stranger)
            .addRaw(Jws.of(manifest).migration(a, b).signature(0))
            .bytes(),
        422,
        "migration-target");
    if (secondsAfter > 0) {
      bench.refuses(Jws.of(manifest).publisher(a).bytes(), 422, "certificate-expired");
    }

    // When
    revoke(bench, a);
    events(bench, 1);

    // Then
    bench.refuses(
        Jws.of(manifest).publisher(b).migration(a, b).bytes(), 422, "certificate-revoked");
    bench.refuses(Jws.of(manifest).publisher(b).bytes(), 422, "certificate-revoked");
  }

  @Test
  void aValidCertificateHandsOver() throws Exception {
    // Given
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var bench = bench("handover", a);
    bench.accepts(bench.signed("1.0.0", a));

    // When
    var answer = bench.accepts(bench.migrated("2.0.0", a, b));

    // Then
    var bundle = read(answer, BundleState.class);
    assertThat(bundle.publisherLeaf()).isEqualTo(b.fingerprint());
    assertThat(bundle.migratedFrom()).isEqualTo(a.fingerprint());
    assertThat(warnings(answer)).isEmpty();
    var events = events(bench, 1);
    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            PublisherEvent.LineageChanged.class,
            it -> {
              assertThat(it.from()).isEqualTo(a.fingerprint());
              assertThat(it.to()).isEqualTo(b.fingerprint());
              assertThat(it.version().text()).isEqualTo("2.0.0");
              assertThat(it.notAfter()).isEqualTo(b.certificate().getNotAfter().toInstant());
            });
    bench.accepts(bench.signed("2.0.1", b));
    var views = certificates(bench);
    assertThat(views)
        .extracting(CertificateView::certificate, CertificateView::status)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(b.fingerprint(), Status.CURRENT),
            org.assertj.core.groups.Tuple.tuple(a.fingerprint(), Status.FORMER));
    assertThat(views.getFirst().daysLeft()).isBetween(363L, 365L);
    assertThat(views.getFirst().predecessor()).isEqualTo(a.fingerprint());
    assertThat(views.getFirst().graceDaysLeft()).isNull();
  }

  @Test
  void theFirstVersionMayHandOverAtOnce() {
    // Given
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var bench = bench("atonce", a);

    // When
    bench.accepts(bench.migrated("1.0.0", a, b));

    // Then
    assertThat(events(bench, 1).getFirst()).isInstanceOf(PublisherEvent.LineageChanged.class);
  }

  /// C24 and C25, and the two older rules of Adobe AIR, C31 among them.
  @ParameterizedTest
  @CsvSource({
    "365, 0, 201, -1, ",
    "365, 1, 201, 364, ",
    "365, 31532400, 201, 0, ",
    "365, 31536000, 201, 0, ",
    "365, 31536001, 422, , migration-grace-elapsed",
    "180, 0, 201, -1, ",
    "180, 1, 201, 179, ",
    "180, 15552000, 201, 0, ",
    "180, 15552001, 422, , migration-grace-elapsed",
    "0, 0, 201, -1, ",
    "0, 1, 422, , migration-grace-elapsed",
    "0, 86400, 422, , migration-grace-elapsed"
  })
  void anEndedCertificateHandsOverWithinItsGrace(
      int graceDays, long secondsAfter, int status, Integer daysLeft, String slug)
      throws Exception {
    // Given
    var end = T.minusSeconds(secondsAfter);
    var a = Identity.valid(end.minus(DAY), end);
    var b = Identity.spec().make();
    var bench =
        Bench.open(
            "com.example.grace" + graceDays + "at" + secondsAfter,
            endpoints,
            base,
            a,
            graced(graceDays));
    clock.standAt(end);
    bench.accepts(Jws.of(bench.manifest("1.0.0", end)).publisher(a).bytes());
    clock.standAt(T);

    // When
    byte[] manifest = Jws.of(bench.manifest("2.0.0", T)).publisher(b).migration(a, b).bytes();
    if (status != 201) {
      bench.refuses(manifest, status, slug);
      return;
    }
    var answer = bench.accepts(manifest);

    // Then
    if (daysLeft < 0) {
      assertThat(warnings(answer)).isEmpty();
      assertThat(events(bench, 1)).hasSize(1);
      return;
    }
    assertThat(warnings(answer))
        .singleElement()
        .satisfies(
            warning -> {
              assertThat(warning.code()).isEqualTo("certificate-in-grace");
              assertThat(warning.daysLeft()).isEqualTo(daysLeft.longValue());
              assertThat(warning.until()).isEqualTo(end.plus(Duration.ofDays(graceDays)));
            });
    var events = events(bench, 2);
    assertThat(events.getFirst())
        .isEqualTo(
            new PublisherEvent.CertificateInGrace(
                bench.app(),
                a.fingerprint(),
                end,
                end.plus(Duration.ofDays(graceDays)),
                daysLeft,
                T));
    assertThat(events.get(1)).isInstanceOf(PublisherEvent.LineageChanged.class);
  }

  @Test
  void anEndedCertificateAloneSignsNothing() throws Exception {
    // Given
    var a = Identity.valid(T.minus(DAY), T.minusSeconds(10));
    var bench = bench("alone", a);

    // Then: nor does it when the bundle says that it is older
    bench.refuses(bench.signed("1.0.0", a), 422, "certificate-expired");
    bench.refuses(
        Jws.of(bench.manifest("1.0.0", T.minusSeconds(3600))).publisher(a).bytes(),
        422,
        "certificate-expired");
  }

  @Test
  void whatIsNoSuccessionIsRefused() throws Exception {
    // Given
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var c = Identity.spec().make();
    var stranger = Identity.spec().make();
    var bench = bench("nosuccession", a);
    bench.accepts(bench.signed("1.0.0", a));

    // Then: C19, C20
    bench.refuses(bench.signed("2.0.0", b), 422, "migration-required");
    bench.refuses(bench.migrated("2.0.0", stranger, b), 422, "migration-untrusted");
    // C21: the right certificate's hand-over, made for another payload
    var earlier = Jws.of(bench.manifest("1.9.0")).publisher(b).migration(a, b);
    bench.refuses(
        Jws.of(bench.manifest("2.0.0")).publisher(b).addRaw(earlier.signature(1)).bytes(),
        422,
        "signature-invalid");
    // C22: grafted onto an attacker's
    var manifest = bench.manifest("2.0.0");
    bench.refuses(
        Jws.of(manifest)
            .publisher(stranger)
            .addRaw(Jws.of(manifest).migration(a, b).signature(0))
            .bytes(),
        422,
        "migration-target");
    // C23
    bench.refuses(bench.migrated("2.0.0", a, a), 422, "migration-redundant");

    // Given
    bench.accepts(bench.migrated("2.0.0", a, b));

    // Then: C28, C29
    bench.refuses(bench.migrated("3.0.0", a, c), 422, "lineage-stale");
    bench.refuses(bench.signed("3.0.0", a), 422, "migration-required");
    bench.refuses(bench.migrated("3.0.0", b, a), 422, "lineage-return");
  }

  @Test
  void aTimestampInTheHeaderIsNotListenedTo() throws Exception {
    // Given: C27
    var a = Identity.valid(T.minus(DAY), T.minusSeconds(10));
    var bench = bench("timestamped", a);

    // Then
    for (var header : List.of("iat", "sigT", "tsa")) {
      bench.refuses(
          Jws.of(bench.manifest("1.0.0")).publisher(a, json -> json.put(header, "x")).bytes(),
          422,
          "header-not-allowed");
    }
  }

  @Test
  void theWayBackTakesTwoPeople() throws Exception {
    // Given: C29
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var bench = bench("wayback", a);
    bench.accepts(bench.signed("1.0.0", a));
    bench.accepts(bench.migrated("2.0.0", a, b));
    var key = Publisher.issue(endpoints, Set.of(Role.CERTIFICATE_OFFICER), Set.of(bench.app()));
    var officer = new Api(base, key.text());
    var second = bench.as(Role.CERTIFICATE_OFFICER);
    var unlocks = "/v1/apps/" + bench.app() + "/unlocks";
    byte[] back = bench.migrated("3.0.0", b, a);
    bench.refuses(back, 422, "lineage-return");

    // When
    var wanted =
        new NewUnlock(
            NewUnlock.Kind.RETURN_TO_FORMER, a.fingerprint(), null, "the new key was lost");
    var asked = officer.post(unlocks, wanted);
    var again = officer.post(unlocks, wanted);

    // Then: asking alone allows nothing, and nobody allows it to themselves
    assertThat(asked.statusCode()).as(Bench.text(asked)).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(read(again, UnlockView.class)).isEqualTo(read(asked, UnlockView.class));
    bench.refuses(back, 422, "lineage-return");
    var approve = unlocks + "/" + read(asked, UnlockView.class).id() + "/approve";
    Remains.unchanged(
        bench.app(),
        endpoints,
        () -> {
          refused(officer.post(approve, ""), 409, "same-person");
          refused(bench.publisher().post(approve, ""), 403, "insufficient-scope");
        });
    bench.refuses(back, 422, "lineage-return");

    // Given: the same person, two rotations later; the keys before are gone
    var successor = Publisher.rotate(endpoints, key.key());
    var another = Publisher.rotate(endpoints, successor.key());

    // Then
    Remains.unchanged(
        bench.app(),
        endpoints,
        () -> refused(new Api(base, another.text()).post(approve, ""), 409, "same-person"));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> officer.post(approve, "").statusCode() == 401);
    bench.refuses(back, 422, "lineage-return");

    // When
    var approved = second.post(approve, "");

    // Then: once
    assertThat(approved.statusCode()).as(Bench.text(approved)).isEqualTo(200);
    bench.accepts(back);
    Remains.unchanged(
        bench.app(), endpoints, () -> refused(second.post(approve, ""), 409, "unlock-closed"));
    bench.refuses(bench.migrated("4.0.0", a, b), 422, "lineage-return");
  }

  @Test
  void anExceptionIsOverAfterADay() throws Exception {
    // Given
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var bench = bench("overafteraday", a);
    bench.accepts(bench.signed("1.0.0", a));
    unlock(bench, new NewUnlock(NewUnlock.Kind.NEW_LINEAGE, b.fingerprint(), null, "why"));

    // When
    database("update ingest.unlock set expires_at = now() where app_id = '" + bench.app() + "'");

    // Then
    bench.refuses(bench.signed("2.0.0", b), 422, "migration-required");
  }

  @Test
  void nothingRevokedIsAccepted() throws Exception {
    // Given: C17, C26
    var a = Identity.spec().make();
    var b = Identity.spec().make();
    var c = Identity.spec().make();
    var bench = bench("revoked", a);
    bench.accepts(bench.signed("1.0.0", a));
    var officer = bench.as(Role.CERTIFICATE_OFFICER);
    var certificates = "/v1/apps/" + bench.app() + "/certificates";

    // When: one that nobody has seen, and the one that signs
    var unseen = officer.post(certificates + "/" + b.fingerprint() + "/revoke", why("stolen"));
    var current = officer.post(certificates + "/" + a.fingerprint() + "/revoke", why("stolen too"));
    var again = officer.post(certificates + "/" + a.fingerprint() + "/revoke", why("once more"));

    // Then
    for (var answer : List.of(unseen, current, again)) {
      assertThat(answer.statusCode()).as(Bench.text(answer)).isEqualTo(200);
      assertThat(read(answer, CertificateView.class).status()).isEqualTo(Status.REVOKED);
    }
    assertThat(read(again, CertificateView.class).reason()).isEqualTo("stolen too");
    assertThat(events(bench, 2))
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("CertificateRevoked", "CertificateRevoked");
    bench.refuses(bench.signed("2.0.0", a), 422, "certificate-revoked");
    bench.refuses(bench.migrated("2.0.0", a, c), 422, "certificate-revoked");
    bench.refuses(bench.migrated("2.0.0", a, b), 422, "certificate-revoked");

    // When: two people let a new certificate begin anew
    unlock(bench, new NewUnlock(NewUnlock.Kind.NEW_LINEAGE, c.fingerprint(), null, "stolen"));

    // Then
    bench.refuses(bench.migrated("2.0.0", a, c), 422, "certificate-revoked");
    var answer = bench.accepts(bench.signed("2.0.0", c));
    assertThat(read(answer, BundleState.class).migratedFrom()).isNull();
    assertThat(events(bench, 3).getLast()).isInstanceOf(PublisherEvent.LineageChanged.class);
    bench.accepts(bench.signed("2.0.1", c));
  }

  @Test
  void graceNeverCoversRevocation() throws Exception {
    // Given: C26
    var end = T.minus(DAY);
    var a = Identity.valid(end.minus(DAY), end);
    var b = Identity.spec().make();
    var bench = bench("graceofrevoked", a);
    clock.standAt(end);
    bench.accepts(Jws.of(bench.manifest("1.0.0", end)).publisher(a).bytes());
    clock.goOn();
    revoke(bench, a);

    // Then
    bench.refuses(bench.migrated("2.0.0", a, b), 422, "certificate-revoked");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRenewalOverTheSameKeyIsTheSameSignerWhereTheAppSaysSo(boolean pinned) throws Exception {
    // Given: C30
    var keys = Identity.pair("Ed25519");
    var a = Identity.spec().over(keys).make();
    var renewed = Identity.spec().over(keys).make();
    var policy = Bench.POLICY;
    var bench =
        Bench.open(
            "com.example.renewal" + pinned,
            endpoints,
            base,
            a,
            new AppPolicy(
                policy.versionScheme(),
                policy.confidentiality(),
                policy.graceDays(),
                pinned ? AppPolicy.Pin.SPKI : AppPolicy.Pin.LEAF,
                false,
                policy.maxBundleBytes(),
                policy.maxTotalBytes()));

    // Then: before and after the first version alike
    if (!pinned) {
      bench.refuses(bench.signed("1.0.0", renewed), 422, "migration-required");
      bench.accepts(bench.signed("1.0.0", a));
      bench.refuses(bench.signed("2.0.0", renewed), 422, "migration-required");
      return;
    }
    bench.accepts(bench.signed("1.0.0", a));
    bench.accepts(bench.signed("2.0.0", renewed));
    assertThat(events(bench, 1).getFirst())
        .isInstanceOfSatisfying(
            PublisherEvent.LineageChanged.class,
            it -> assertThat(it.to()).isEqualTo(renewed.fingerprint()));
  }

  @Test
  void aChainEndsAtAPinnedRoot() throws Exception {
    // Given: C15, C16
    var a = Identity.spec().make();
    var root = Identity.spec().name("CN=Root").authority(-1).make();
    var b = Identity.spec().by(root).make();
    var elliptic = Identity.spec().alg("ES256").by(root).make();
    var rsa = Identity.spec().alg("RSA-3072").by(root).make();
    var bench = bench("pinned", a);
    bench.accepts(bench.signed("1.0.0", a));
    bench.refuses(bench.migrated("2.0.0", a, b), 422, "certificate-path");
    var officer = bench.as(Role.CERTIFICATE_OFFICER);
    var certificates = "/v1/apps/" + bench.app() + "/certificates";
    var wanted =
        new NewCertificate(Base64.getEncoder().encodeToString(root.der()), "our own authority");

    // When
    Remains.unchanged(
        bench.app(),
        endpoints,
        () -> refused(bench.publisher().post(certificates, wanted), 403, "insufficient-scope"));
    var pinned = officer.post(certificates, wanted);
    var again = officer.post(certificates, wanted);

    // Then
    assertThat(pinned.statusCode()).as(Bench.text(pinned)).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(read(pinned, CertificateView.class).status()).isEqualTo(Status.PINNED);
    assertThat(events(bench, 1))
        .singleElement()
        .isInstanceOfSatisfying(
            PublisherEvent.CertificatePinned.class,
            it -> assertThat(Base64.getDecoder().decode(it.der())).isEqualTo(root.der()));
    // It lets nobody sign by itself.
    bench.refuses(bench.signed("2.0.0", b), 422, "migration-required");
    bench.accepts(bench.migrated("2.0.0", a, b));
    bench.accepts(bench.migrated("3.0.0", b, elliptic));
    bench.accepts(bench.migrated("4.0.0", elliptic, rsa));
    bench.accepts(bench.signed("5.0.0", rsa));

    // When
    revoke(bench, root);

    // Then
    bench.refuses(bench.signed("6.0.0", rsa), 422, "certificate-revoked");
    Remains.unchanged(
        bench.app(),
        endpoints,
        () -> refused(officer.post(certificates, wanted), 422, "certificate-revoked"));
  }

  @Test
  void refusesToPinWhatIsNoCertificate() throws Exception {
    // Given
    var bench = bench("nopin", Identity.spec().make());
    var officer = bench.as(Role.CERTIFICATE_OFFICER);
    var path = "/v1/apps/" + bench.app() + "/certificates";
    var ended = Identity.valid(T.minus(DAY), T.minusSeconds(10));
    var before = Remains.of(bench.app(), endpoints);

    // Then
    refused(officer.post(path, pin("no base64!")), 422, "certificate-profile");
    refused(officer.post(path, pin("AAAA")), 422, "certificate-profile");
    refused(officer.post(path, pin("A".repeat(30_000))), 413, "certificate-too-large");
    refused(
        officer.post(path, pin(Base64.getEncoder().encodeToString(ended.der()))),
        422,
        "certificate-expired");
    refused(officer.post(path, new NewCertificate("AAAA", " ")), 422, "reason-invalid");
    refused(officer.post(path, why("no certificate")), 422, "value-invalid");
    refused(
        officer.post(path, Map.of("certificate", "AAAA", "reason", "x", "more", 1)),
        422,
        "unknown-member");
    assertThat(Remains.of(bench.app(), endpoints)).isEqualTo(before);
  }

  /// Each point once, at its second, whoever asks how often.
  @ParameterizedTest
  @CsvSource({
    "-7776000, 365, expiring, 90",
    "-2592000, 365, expiring, 30",
    "-604800, 365, expiring, 7",
    "1, 365, grace, 365",
    "15552000, 365, grace, 185",
    "28944000, 365, grace, 30",
    "30931200, 365, grace, 7",
    "1, 180, grace, 180",
    "12960000, 180, grace, 30",
    "14947200, 180, grace, 7"
  })
  void remindsOnceAtEachPoint(long secondsAfterEnd, int graceDays, String kind, int daysLeft)
      throws Exception {
    // Given: published while the certificate was valid, and quiet until the second before
    var end = T.minusSeconds(secondsAfterEnd);
    var a = Identity.valid(end.minus(Duration.ofDays(600)), end);
    var bench =
        Bench.open(
            "com.example.remind" + graceDays + "at" + Math.abs(secondsAfterEnd) + kind,
            endpoints,
            base,
            a,
            graced(graceDays));
    var start = end.minus(Duration.ofDays(200));
    clock.standAt(start);
    bench.accepts(Jws.of(bench.manifest("1.0.0", start)).publisher(a).bytes());
    clock.standAt(T.minusSeconds(1));
    reminders.say();
    int before = sent(bench);

    // When: asked twice, then by a service that has just been started
    clock.standAt(T);
    reminders.say();
    reminders.say();
    new Reminders(apps, lineage, blobs, database, clock).say();
    clock.standAt(T.plusSeconds(1));
    new Reminders(apps, lineage, blobs, database, clock).say();

    // Then
    assertThat(sent(bench)).isEqualTo(before + 1);
    var events = events(bench, before + 1);
    var last = events.getLast();
    assertThat(last.at()).isEqualTo(T);
    if (kind.equals("expiring")) {
      assertThat(last)
          .isEqualTo(
              new PublisherEvent.CertificateExpiring(
                  bench.app(), a.fingerprint(), end, daysLeft, T));
    } else {
      var grace = end.plus(Duration.ofDays(graceDays));
      assertThat(last)
          .isEqualTo(
              new PublisherEvent.CertificateInGrace(
                  bench.app(), a.fingerprint(), end, grace, daysLeft, T));
    }
    assertThat(events.stream().filter(event -> event.at().equals(T))).hasSize(1);
  }

  @Test
  void neitherTheRevokedNorTheSucceededAreRemindedOf() throws Exception {
    // Given
    var end = T.plus(Duration.ofDays(7));
    var a = Identity.valid(T.minus(DAY), end);
    var b = Identity.spec().valid(T.minus(DAY), T.plus(Duration.ofDays(1000))).make();
    var succeeded = bench("succeeded", a);
    succeeded.accepts(succeeded.signed("1.0.0", a));
    succeeded.accepts(succeeded.migrated("2.0.0", a, b));
    var revoked = bench("revokedquiet", a);
    revoked.accepts(revoked.signed("1.0.0", a));
    revoke(revoked, a);

    // When
    clock.standAt(T.plusSeconds(10));
    reminders.say();

    // Then
    assertThat(sent(succeeded)).isEqualTo(1);
    assertThat(sent(revoked)).isEqualTo(1);
    assertThat(events(succeeded, 1).getFirst()).isInstanceOf(PublisherEvent.LineageChanged.class);
    assertThat(events(revoked, 1).getFirst()).isInstanceOf(PublisherEvent.CertificateRevoked.class);
  }

  @Test
  void theLatestOfSeveralPointsSpeaksForAll() throws Exception {
    // Given: five days are left when the service first hears of it
    var a = Identity.valid(T.minus(DAY), T.plus(Duration.ofDays(5)));
    var bench = bench("late", a);
    bench.accepts(bench.signed("1.0.0", a));

    // When
    clock.standAt(T);
    reminders.say();

    // Then
    assertThat(events(bench, 1))
        .containsExactly(
            new PublisherEvent.CertificateExpiring(
                bench.app(), a.fingerprint(), T.plus(Duration.ofDays(5)), 5, T));
  }

  private Bench bench(String name, Identity first) {
    return Bench.open("com.example.lineage." + name, endpoints, base, first);
  }

  private static AppPolicy graced(int days) {
    var policy = Bench.POLICY;
    return new AppPolicy(
        policy.versionScheme(),
        policy.confidentiality(),
        days,
        policy.pin(),
        false,
        policy.maxBundleBytes(),
        policy.maxTotalBytes());
  }

  private static void answers(Bench bench, byte[] manifest, int status, String slug)
      throws Exception {
    if (status == 201) {
      bench.accepts(manifest);
    } else {
      bench.refuses(manifest, status, slug);
    }
  }

  private void unlock(Bench bench, NewUnlock wanted) {
    var unlocks = "/v1/apps/" + bench.app() + "/unlocks";
    var asked = bench.as(Role.CERTIFICATE_OFFICER).post(unlocks, wanted);
    assertThat(asked.statusCode()).as(Bench.text(asked)).isEqualTo(201);
    var id = read(asked, UnlockView.class).id();
    var approved = bench.as(Role.CERTIFICATE_OFFICER).post(unlocks + "/" + id + "/approve", "");
    assertThat(approved.statusCode()).as(Bench.text(approved)).isEqualTo(200);
  }

  private static void revoke(Bench bench, Identity identity) {
    var answer =
        bench
            .as(Role.CERTIFICATE_OFFICER)
            .post(
                "/v1/apps/" + bench.app() + "/certificates/" + identity.fingerprint() + "/revoke",
                why("stolen"));
    assertThat(answer.statusCode()).as(Bench.text(answer)).isEqualTo(200);
  }

  private static StatedReason why(String reason) {
    return new StatedReason(reason);
  }

  private static NewCertificate pin(String certificate) {
    return new NewCertificate(certificate, "why not");
  }

  /// How many publisher's events the service has written down to be sent.
  private int sent(Bench bench) throws Exception {
    return (int)
        Remains.of(bench.app(), endpoints).waiting().stream()
            .filter(key -> key.equals(bench.app().text()))
            .count();
  }

  private List<PublisherEvent> events(Bench bench, int count) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Remains.publisherEvents(bench.app(), endpoints).size() >= count);
    return Remains.publisherEvents(bench.app(), endpoints);
  }

  private static List<CertificateView> certificates(Bench bench) throws IOException {
    var answer = bench.publisher().get("/v1/apps/" + bench.app() + "/certificates");
    assertThat(answer.statusCode()).as(Bench.text(answer)).isEqualTo(200);
    return Json.LENIENT.readValue(answer.body(), CERTIFICATES).items();
  }

  private static List<Warning> warnings(HttpResponse<byte[]> answer) throws IOException {
    var warnings = Json.LENIENT.readTree(answer.body()).get("warnings");
    return Json.LENIENT.convertValue(warnings, new TypeReference<>() {});
  }

  private void database(String update) throws Exception {
    try (var connection =
            java.sql.DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var statement = connection.createStatement()) {
      statement.executeUpdate(update);
    }
  }
}
