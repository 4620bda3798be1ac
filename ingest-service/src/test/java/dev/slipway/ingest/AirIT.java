package dev.slipway.ingest;

import static dev.slipway.ingest.Api.problem;
import static dev.slipway.ingest.Api.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.contracts.app.AppPolicy.VersionScheme;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.ingest.air.AirPackager;
import dev.slipway.ingest.air.AirPackager.Identity;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// AIR packages, over HTTP, with real Kafka, PostgreSQL and S3.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class AirIT {

  private static final Instant NOW = Instant.now();
  private static final Identity FIRST =
      Identity.of("First", NOW.minus(Duration.ofDays(10)), NOW.plus(Duration.ofDays(100)));
  private static final Identity SECOND =
      Identity.of("Second", NOW.minus(Duration.ofDays(1)), NOW.plus(Duration.ofDays(400)));

  private static final Identity THIRD =
      Identity.of("Third", NOW.minus(Duration.ofDays(1)), NOW.plus(Duration.ofDays(400)));

  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  @Test
  void publishesAPackageAndItsSuccessors() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.air", endpoints);
    var app = publisher.app();
    publisher.pinned(2, fingerprint(FIRST), open(), endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] one = new AirPackager(FIRST, app.text(), "1.0").sign(AirPackager.RSA_SHA1).build();

    // When: the service may learn of the app's policy a moment later
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.publishAir(app, one).statusCode() / 100 == 2);
    var again = api.publishAir(app, one);

    // Then
    assertThat(again.statusCode()).isEqualTo(200);
    var bundle = read(again, BundleState.class);
    assertThat(bundle.format()).isEqualTo(Format.AIR);
    assertThat(bundle.publisherLeaf()).isEqualTo(fingerprint(FIRST));
    assertThat(bundle.air())
        .isEqualTo(
            new BundleState.Air(
                "2.5",
                "Spring tide",
                Map.of("en", "Tides & times", "fr", "Marées"),
                Digest.sha256(one)));
    assertThat(Remains.object("apps/" + app + "/blobs/" + Digest.sha256(one), endpoints))
        .isEqualTo(one);
    var folder = "releases/" + app + "/1.0/";
    assertThat(text(Remains.object(folder + "certificate.pem", endpoints)))
        .startsWith("-----BEGIN CERTIFICATE-----");
    var before = Remains.of(app, endpoints);

    // Then: another signer needs a hand-over, by the one before
    refused(
        api.publishAir(app, new AirPackager(SECOND, app.text(), "1.1").build()),
        "migration-required");
    refused(
        api.publishAir(app, new AirPackager(SECOND, app.text(), "1.1").migrate(SECOND).build()),
        "migration-untrusted");
    refused(
        api.publishAir(app, new AirPackager(FIRST, "com.example.other", "1.1").build()),
        "app-mismatch");
    refused(
        api.publishAir(app, new AirPackager(FIRST, app.text(), "1.2.3.4").build()),
        "version-syntax");
    refused(api.publishAir(app, new byte[1000]), "air-package-invalid");
    refused(
        api.publishAir(
            app, new AirPackager(FIRST, app.text(), "1.1").add("META-INF/x", new byte[1]).build()),
        "air-package-invalid");
    var taken =
        api.publishAir(
            app, new AirPackager(FIRST, app.text(), "1.0").add("x", new byte[1]).build());
    assertThat(taken.statusCode()).isEqualTo(409);
    assertThat(problem(taken).slug()).isEqualTo("version-exists");
    assertThat(Remains.of(app, endpoints)).isEqualTo(before);

    // When
    var migrated =
        api.publishAir(app, new AirPackager(SECOND, app.text(), "1.1").migrate(FIRST).build());
    var next = api.publishAir(app, new AirPackager(SECOND, app.text(), "1.2").build());
    var back = api.publishAir(app, new AirPackager(FIRST, app.text(), "1.3").build());

    // Then
    assertThat(migrated.statusCode()).as(text(migrated.body())).isEqualTo(201);
    assertThat(read(migrated, BundleState.class).migratedFrom()).isEqualTo(fingerprint(FIRST));
    assertThat(read(migrated, BundleState.class).publisherLeaf()).isEqualTo(fingerprint(SECOND));
    assertThat(next.statusCode()).as(text(next.body())).isEqualTo(201);
    refused(back, "migration-required");

    // Then: the lineage is that of the app's certificates, and speaks to their bearers
    assertThat(Remains.lineage(app, endpoints))
        .containsExactly(
            fingerprint(FIRST) + " follows nobody in 1.0",
            fingerprint(SECOND) + " follows " + fingerprint(FIRST) + " in 1.1");
    refused(
        api.publishAir(app, new AirPackager(THIRD, app.text(), "1.3").migrate(FIRST).build()),
        "lineage-stale");
    refused(
        api.publishAir(app, new AirPackager(FIRST, app.text(), "1.3").migrate(SECOND).build()),
        "lineage-return");

    // When: a later package still carries the hand-over for those who are behind
    var behind =
        api.publishAir(app, new AirPackager(SECOND, app.text(), "1.3").migrate(FIRST).build());

    // Then
    assertThat(behind.statusCode()).as(text(behind.body())).isEqualTo(201);
    assertThat(read(behind, BundleState.class).migratedFrom()).isEqualTo(fingerprint(FIRST));
    assertThat(Remains.lineage(app, endpoints)).hasSize(2);
  }

  @Test
  void takesNoneWhereTheAppIsConfidential() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.air.sealed", endpoints);
    var api = new Api(base, publisher.accessKey());

    // Then
    refused(
        api.publishAir(
            publisher.app(), new AirPackager(FIRST, publisher.app().text(), "1.0").build()),
        "not-encrypted");
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
  }

  private static AppPolicy open() {
    var usual = AppPolicy.DEFAULT;
    return new AppPolicy(
        VersionScheme.AIR,
        Confidentiality.NONE,
        usual.graceDays(),
        usual.pin(),
        usual.exposeMetadata(),
        usual.maxBundleBytes(),
        usual.maxTotalBytes());
  }

  private static Digest fingerprint(Identity identity) throws Exception {
    return Digest.sha256(identity.certificate().getEncoded());
  }

  private static void refused(HttpResponse<byte[]> answer, String slug) {
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(422);
    assertThat(problem(answer).slug()).as(text(answer.body())).isEqualTo(slug);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
