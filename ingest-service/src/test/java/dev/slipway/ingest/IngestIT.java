package dev.slipway.ingest;

import static dev.slipway.ingest.Api.problem;
import static dev.slipway.ingest.Api.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A release on its way in, over HTTP, with real Kafka, PostgreSQL and S3.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class IngestIT {

  private static final TypeReference<Page<BundleState>> PAGE = new TypeReference<>() {};

  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  @ConfigProperty(name = "slipway.ingest.spool.directory")
  Path spool;

  @TempDir Path folder;

  @Test
  void publishesARelease() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.publishes", endpoints);
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    var manifest = release.verified().manifest();

    // When
    release
        .blobs()
        .forEach(
            (id, blob) -> {
              assertThat(api.head(publisher.app(), id).statusCode()).isEqualTo(404);
              assertThat(api.put(publisher.app(), id, blob).statusCode()).isEqualTo(201);
            });
    var answer = api.publish(publisher.app(), release.manifest());

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    assertThat(answer.headers().firstValue("Location"))
        .hasValueSatisfying(
            location ->
                assertThat(location).endsWith("/v1/apps/com.example.publishes/bundles/1.0.0"));
    var bundle = read(answer, BundleState.class);
    assertThat(bundle.version()).isEqualTo(Version.of("1.0.0"));
    assertThat(bundle.manifest()).isEqualTo(Digest.sha256(release.manifest()));
    assertThat(bundle.blobs()).isEqualTo(manifest.blobs().size() + 1);
    assertThat(bundle.totalSize()).isEqualTo(manifest.totalSize());
    assertThat(bundle.publisherLeaf()).isEqualTo(publisher.keys().certificate().fingerprint());
    assertThat(bundle.capgo()).isNotNull();
    assertThat(bundle.capgo().id()).isEqualTo(manifest.capgo().id());
    var event = events(bundle.key(), 1).getFirst();
    assertThat(event).isEqualTo(bundle);
    release
        .blobs()
        .forEach(
            (id, blob) -> {
              var head = api.head(publisher.app(), id);
              assertThat(head.statusCode()).isEqualTo(200);
              assertThat(head.headers().firstValue("Content-Length"))
                  .hasValue(Integer.toString(blob.length));
            });
    assertThat(
            Remains.cacheControl(
                "apps/" + publisher.app() + "/blobs/" + manifest.index().id(), endpoints))
        .isEqualTo("public, max-age=31536000, immutable");
    assertThat(Remains.of(publisher.app(), endpoints).objects())
        .contains("apps/" + publisher.app() + "/bundles/" + bundle.manifest());
  }

  @Test
  void repeatsChangeNothing() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.repeats", endpoints);
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    var first = api.publish(release);
    assertThat(first.statusCode()).isEqualTo(201);
    events("com.example.repeats/1.0.0", 1);
    var before = Remains.of(publisher.app(), endpoints);

    // When
    var uploads =
        release.blobs().entrySet().stream()
            .map(blob -> api.put(publisher.app(), blob.getKey(), blob.getValue()).statusCode())
            .distinct()
            .toList();
    var second = api.publish(publisher.app(), release.manifest());

    // Then
    assertThat(uploads).containsExactly(200);
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(read(second, BundleState.class)).isEqualTo(read(first, BundleState.class));
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(before);
    assertThat(before.events()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {200_000, 1_500_000})
  void uploadsAtOnceEndInOneObject(int length) throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.atonce.b" + length, endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] blob = ciphertext(length);
    var id = Digest.sha256(blob);

    // When
    var answers =
        atOnce(IntStream.range(0, 8).boxed().toList(), _ -> api.put(publisher.app(), id, blob));

    // Then
    assertThat(statuses(answers)).containsExactly(200, 200, 200, 200, 200, 200, 200, 201);
    var remains = Remains.of(publisher.app(), endpoints);
    assertThat(remains.objects()).containsExactly("apps/" + publisher.app() + "/blobs/" + id);
    assertThat(remains.blobs()).containsExactly(id.text());
  }

  @Test
  void ofManifestsOfOneVersionExactlyOneWins() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.race", endpoints);
    var api = new Api(base, publisher.accessKey());
    var releases =
        IntStream.range(0, 5)
            .mapToObj(n -> publisher.seal(folder, "1.0.0", "content " + n, Instant.now(), false))
            .toList();
    for (var release : releases) {
      release.blobs().forEach((id, blob) -> api.put(publisher.app(), id, blob));
    }

    // When
    var answers = atOnce(releases, release -> api.publish(publisher.app(), release.manifest()));

    // Then
    assertThat(statuses(answers)).containsExactly(201, 409, 409, 409, 409);
    var winner =
        answers.stream()
            .filter(answer -> answer.statusCode() == 201)
            .map(answer -> read(answer, BundleState.class))
            .toList()
            .getFirst();
    answers.stream()
        .filter(answer -> answer.statusCode() == 409)
        .forEach(
            answer -> {
              assertThat(problem(answer).slug()).isEqualTo("version-exists");
              assertThat(problem(answer).facts())
                  .containsEntry("manifest", winner.manifest().text());
            });
    events("com.example.race/1.0.0", 1);
    var remains = Remains.of(publisher.app(), endpoints);
    assertThat(remains.versions()).containsExactly("1.0.0");
    assertThat(remains.events()).containsExactly("com.example.race/1.0.0");
    assertThat(remains.objects().stream().filter(key -> key.contains("/bundles/")))
        .containsExactly("apps/com.example.race/bundles/" + winner.manifest());
  }

  @Test
  void theSameManifestAtOnceIsOneVersion() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.twins", endpoints);
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    release.blobs().forEach((id, blob) -> api.put(publisher.app(), id, blob));

    // When
    var answers =
        atOnce(
            IntStream.range(0, 4).boxed().toList(),
            _ -> api.publish(publisher.app(), release.manifest()));

    // Then
    assertThat(statuses(answers)).containsExactly(200, 200, 200, 201);
    events("com.example.twins/1.0.0", 1);
    assertThat(Remains.of(publisher.app(), endpoints).events()).hasSize(1);
  }

  @Test
  void listsVersionsPageByPage() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.pages", endpoints);
    var api = new Api(base, publisher.accessKey());
    for (var version : List.of("1.0.0", "2.0.0", "3.0.0")) {
      assertThat(api.publish(publisher.seal(folder, version)).statusCode()).isEqualTo(201);
    }
    var viewer =
        new Api(base, Publisher.accessKey(endpoints, Set.of(Role.VIEWER), Set.of(publisher.app())));

    // When
    var first = page(viewer.get("/v1/apps/com.example.pages/bundles?limit=2"));
    var second =
        page(viewer.get("/v1/apps/com.example.pages/bundles?limit=2&after=" + first.next()));
    var one = viewer.get("/v1/apps/com.example.pages/bundles/1.0.0");

    // Then
    assertThat(first.items())
        .extracting(bundle -> bundle.version().text())
        .containsExactly("3.0.0", "2.0.0");
    assertThat(second.items())
        .extracting(bundle -> bundle.version().text())
        .containsExactly("1.0.0");
    assertThat(second.next()).isNull();
    assertThat(read(one, BundleState.class)).isEqualTo(second.items().getFirst());
    refused(viewer.get("/v1/apps/com.example.pages/bundles/9.9.9"), 404, "not-found");
    refused(viewer.get("/v1/apps/com.example.pages/bundles/%20"), 404, "not-found");
    for (var query :
        List.of(
            "limit=0",
            "limit=x",
            "limit=501",
            "after=-1",
            "after=9".repeat(30),
            "status=gone",
            "format=tar",
            "certificate=x")) {
      refused(viewer.get("/v1/apps/com.example.pages/bundles?" + query), 400, "parameter-invalid");
    }
  }

  @Test
  void refusesWhoMayNot() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.mine", endpoints);
    var other = Publisher.registered("com.example.theirs", endpoints);
    var release = publisher.seal(folder, "1.0.0");
    byte[] blob = ciphertext(100);
    var id = Digest.sha256(blob);
    var viewer = Publisher.accessKey(endpoints, Set.of(Role.VIEWER), Set.of());
    var everywhere = Publisher.accessKey(endpoints, Set.of(Role.RELEASER), Set.of());

    // Then
    for (var key : List.of("nonsense", "slipway_test_aaaaaaaa_" + "a".repeat(43))) {
      var nobody = new Api(base, key);
      refused(nobody.put(publisher.app(), id, blob), 401, "auth-required");
      refused(nobody.publish(publisher.app(), release.manifest()), 401, "auth-required");
    }
    refused(new Api(base, viewer).put(publisher.app(), id, blob), 403, "insufficient-scope");
    refused(
        new Api(base, viewer).publish(publisher.app(), release.manifest()),
        403,
        "insufficient-scope");
    refused(new Api(base, other.accessKey()).put(publisher.app(), id, blob), 404, "not-found");
    refused(
        new Api(base, everywhere).put(AppId.of("com.example.nowhere"), id, blob), 404, "not-found");
    assertThat(new Api(base, everywhere).put(other.app(), id, blob).statusCode()).isEqualTo(201);
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
    assertThat(Remains.of(AppId.of("com.example.nowhere"), endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void refusesBlobsThatAreNotWhatTheySay() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.badblobs", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    byte[] good = ciphertext(1000);
    byte[] longer = Arrays.copyOf(good, 1001);

    // Then
    refused(api.put(app, Digest.sha256(good), longer), 422, "blob-digest-mismatch");
    for (int length : new int[] {0, 1, 71, 56 + 16_400 + 1, 56 + 16_400 + 15}) {
      byte[] blob = ciphertext(length);
      refused(api.put(app, Digest.sha256(blob), blob), 422, "blob-length-invalid");
    }
    byte[] cut = ciphertext(56 + 16_400);
    refused(api.put(app, Digest.sha256(cut), cut), 422, "blob-truncated");
    byte[] tooLong = ciphertext(4 << 20);
    refused(api.put(app, Digest.sha256(tooLong), tooLong), 413, "blob-too-large");
    refused(
        api.put(
            app,
            Digest.sha256(tooLong).text(),
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(tooLong))),
        413,
        "blob-too-large");
    refused(
        api.send(
            api.request("/v1/apps/" + app + "/blobs/" + Digest.sha256(good))
                .header("Content-Encoding", "gzip")
                .PUT(BodyPublishers.ofByteArray(good))),
        415,
        "unsupported-media-type");
    assertThat(Remains.of(app, endpoints)).isEqualTo(Remains.NOTHING);
    assertThat(spooled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..%2f..%2fetc",
        "..",
        "%00",
        "a",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void aMalformedIdReachesNoStore(String id) throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.ids", endpoints);

    // When: by a socket, as clients mend such addresses before they send them
    var answer =
        raw(
            "PUT /v1/apps/com.example.ids/blobs/" + id + " HTTP/1.1\r\n",
            "Host: localhost\r\nContent-Length: 4\r\nAuthorization: Bearer "
                + publisher.accessKey()
                + "\r\n\r\nabcd");

    // Then
    assertThat(answer).matches("(?s)HTTP/1.1 40[045] .*");
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void aTooLongBodyIsNotEvenRead() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.unread", endpoints);
    var id = Digest.sha256(ciphertext(100));

    // When: nothing of the body is sent
    var answer =
        raw(
            "PUT /v1/apps/com.example.unread/blobs/" + id + " HTTP/1.1\r\n",
            "Host: localhost\r\nContent-Length: 4194304\r\nAuthorization: Bearer "
                + publisher.accessKey()
                + "\r\n\r\n");

    // Then: the answer, then the end of the connection
    assertThat(answer).startsWith("HTTP/1.1 413 ").contains("blob-too-large");
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.breaks", endpoints);
    byte[] blob = ciphertext(1_000_000);
    var id = Digest.sha256(blob);

    // When
    try (var socket = new Socket(base.getHost(), base.getPort())) {
      var out = socket.getOutputStream();
      out.write(
          ("PUT /v1/apps/com.example.breaks/blobs/"
                  + id
                  + " HTTP/1.1\r\n"
                  + "Host: localhost\r\n"
                  + "Content-Length: 1000000\r\n"
                  + "Authorization: Bearer "
                  + publisher.accessKey()
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(blob, 0, 600_000);
      out.flush();
      await().atMost(Duration.ofSeconds(30)).until(() -> spooled().size() == 1);
    }

    // Then
    await().atMost(Duration.ofSeconds(30)).until(() -> spooled().isEmpty());
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
    assertThat(new Api(base, publisher.accessKey()).put(publisher.app(), id, blob).statusCode())
        .isEqualTo(201);
  }

  @Test
  void refusesManifestsThatAreNotTheAppsOwn() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.owner", endpoints);
    var stranger = Publisher.registered("com.example.stranger", endpoints);
    var keys = publisher.keys();
    var owner = Publisher.accessKey(endpoints, Set.of(Role.OWNER), Set.of());
    var api = new Api(base, owner);
    var release = publisher.seal(folder, "1.0.0");
    var late = publisher.seal(folder, "2.0.0", "late", Instant.now().plusSeconds(3600), false);
    var builtin = publisher.seal(folder, "builtin");
    var spaced = publisher.seal(folder, "1.0 beta");
    register("com.example.other", state -> as("com.example.other", state), publisher);
    AppState real = Publisher.appState(keys);

    // Then
    refused(api.publish(AppId.of("com.example.other"), release.manifest()), 422, "app-mismatch");
    refused(api.publish(stranger.app(), release.manifest()), 422, "migration-required");
    refused(api.publish(publisher.app(), late.manifest()), 422, "clock-skew");
    refused(api.publish(publisher.app(), builtin.manifest()), 422, "version-syntax");
    refused(api.publish(publisher.app(), spaced.manifest()), 422, "version-syntax");
    var missing = api.publish(publisher.app(), release.manifest());
    refused(missing, 422, "blob-missing");
    assertThat(problem(missing).facts().get("missing"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .containsExactlyInAnyOrderElementsOf(
            release.blobs().keySet().stream().map(Digest::text).toList());

    // Given
    stranger.seal(folder, "1.0.0").blobs().forEach((id, blob) -> api.put(stranger.app(), id, blob));
    release.blobs().forEach((id, blob) -> api.put(stranger.app(), id, blob));

    // Then: blobs of another app are as good as none
    refused(api.publish(publisher.app(), release.manifest()), 422, "blob-missing");

    // Given
    Publisher.write(
        endpoints,
        Topics.APPS,
        "com.example.owner",
        new AppState(
            real.appId(),
            2,
            real.name(),
            real.publisherId(),
            real.publisherLeaf(),
            List.of("fleet-9"),
            real.createdAt()));

    // Then
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> refused(api.publish(publisher.app(), release.manifest()), 422, "kid-unknown"));

    // Given
    Publisher.write(
        endpoints,
        Topics.APPS,
        "com.example.owner",
        new AppState(
            real.appId(),
            3,
            real.name(),
            stranger.keys().publisherId(),
            real.publisherLeaf(),
            real.keyIds(),
            real.createdAt()));

    // Then
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                refused(
                    api.publish(publisher.app(), release.manifest()), 422, "publisher-mismatch"));
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(Remains.NOTHING);
    assertThat(Remains.of(AppId.of("com.example.other"), endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void refusesManifestsThatAreNotWhole() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.whole", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    release.blobs().forEach((id, blob) -> api.put(app, id, blob));
    byte[] flipped = release.manifest();
    int payload = text(flipped).indexOf("\"payload\":\"") + 300;
    flipped[payload] = (byte) (flipped[payload] == 'A' ? 'B' : 'A');
    var before = Remains.of(app, endpoints);

    // Then
    refused(api.publish(app, utf8("")), 400, "json-invalid");
    refused(api.publish(app, utf8("{\"payload\":")), 400, "json-invalid");
    refused(
        api.publish(app, utf8("{\"payload\":\"\",\"signatures\":[]}")), 422, "signature-missing");
    assertThat(api.publish(app, flipped).statusCode()).isBetween(400, 422);
    refused(api.publish(app, new byte[(4 << 20) + 1]), 413, "body-too-large");
    refused(
        api.publish(
            app,
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[(4 << 20) + 1]))),
        413,
        "body-too-large");

    // When: the database and the manifest disagree about a length
    var index = release.verified().manifest().index();
    sql("update ingest.blob set size = size + 1 where id = '" + index.id() + "'");

    // Then
    refused(api.publish(app, release.manifest()), 422, "blob-size-mismatch");

    // When: the store has lost a blob that the database knows
    sql("update ingest.blob set size = size - 1 where id = '" + index.id() + "'");
    var key = "apps/" + app + "/blobs/" + index.id();
    try (var client = Remains.client(endpoints)) {
      client.removeObject(
          RemoveObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).build());
    }

    // Then
    var lost = api.publish(app, release.manifest());
    refused(lost, 422, "blob-missing");
    assertThat(problem(lost).facts()).containsEntry("missing", List.of(index.id().text()));
    assertThat(api.head(app, index.id()).statusCode()).isEqualTo(404);

    // When
    assertThat(api.put(app, index.id(), release.blobs().get(index.id())).statusCode())
        .isEqualTo(200);

    // Then: nothing but the blobs had been left, and now all is well
    assertThat(Remains.of(app, endpoints)).isEqualTo(before);
    assertThat(api.publish(app, release.manifest()).statusCode()).isEqualTo(201);
  }

  @Test
  void goesOnAfterACrashBetweenStoreAndDatabase() throws Exception {
    // Given: objects without rows
    var publisher = Publisher.registered("com.example.crash", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    for (var blob : release.blobs().entrySet()) {
      store("apps/" + app + "/blobs/" + blob.getKey(), blob.getValue());
    }
    store("apps/" + app + "/bundles/" + Digest.sha256(release.manifest()), release.manifest());

    // Then
    release
        .blobs()
        .keySet()
        .forEach(id -> assertThat(api.head(app, id).statusCode()).isEqualTo(404));
    refused(api.publish(app, release.manifest()), 422, "blob-missing");
    refused(api.get("/v1/apps/" + app + "/bundles/1.0.0"), 404, "not-found");

    // When
    var answer = api.publish(release);

    // Then
    assertThat(answer.statusCode()).isEqualTo(201);
    events(app + "/1.0.0", 1);
    // The blobs, the manifest, and the two files of the release's folder.
    assertThat(Remains.of(app, endpoints).objects()).hasSize(release.blobs().size() + 3);
  }

  @Test
  void keepsNeitherKeysNorNamesNorContent() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.blind", endpoints);
    var api = new Api(base, publisher.accessKey());
    var secrets = new ArrayList<byte[]>();
    secrets.add(utf8(Publisher.FILE_NAME));
    secrets.add(utf8(Publisher.CONTENT));
    secrets.add(utf8("index.html"));
    secrets.add(utf8("app.js"));
    secrets.add(utf8("what is new"));
    secrets.add(utf8(publisher.accessKey().substring(publisher.accessKey().length() - 43)));
    Path ring = folder.resolve("ring");
    publisher.keys().write(ring);
    var keys =
        Pattern.compile("\"key\":\"([A-Za-z0-9_-]{43})\"")
            .matcher(Files.readString(ring.resolve("keyring.json")))
            .results()
            .map(match -> match.group(1))
            .toList();
    assertThat(keys).hasSize(2);
    for (var key : keys) {
      byte[] bytes = Base64.getUrlDecoder().decode(key);
      secrets.add(bytes);
      secrets.add(utf8(key));
      secrets.add(Base64.getEncoder().encode(bytes));
    }
    for (var pem : List.of("publisher.key.pem", "capgo.key.pem", "capgo.pub.pem")) {
      secrets.add(utf8(Files.readAllLines(ring.resolve(pem)).get(1)));
    }

    // When
    var answer = api.publish(publisher.seal(folder, "1.0.0"));

    // Then
    var bundle = read(answer, BundleState.class);
    events(bundle.key(), 1);
    byte[] everything = Remains.everything(publisher.app(), endpoints);
    assertThat(contains(everything, utf8(bundle.manifest().text()))).isTrue();
    for (var secret : secrets) {
      assertThat(contains(everything, secret)).as(text(secret)).isFalse();
    }
  }

  @Test
  void showsItsHealthFiguresAndApi() {
    // Given
    var api = new Api(base, "none");

    // Then
    assertThat(api.get("/q/health/ready").statusCode()).isEqualTo(200);
    assertThat(api.get("/q/health/live").statusCode()).isEqualTo(200);
    assertThat(text(api.get("/q/metrics").body()))
        .contains("slipway_ingest_blobs_total", "slipway_ingest_spool_bytes");
    assertThat(text(api.get("/q/openapi").body()))
        .contains(
            "/v1/apps/{app}/blobs/{id}",
            "/v1/apps/{app}/bundles",
            "/v1/apps/{app}/bundles/{version}/withdraw",
            "/v1/apps/{app}/certificates/{sha256}/revoke",
            "/v1/apps/{app}/unlocks/{id}/approve",
            "Idempotency-Key",
            "Take a version back, for good",
            "grace_days_left");
  }

  @Test
  void itsApiSaysHowEachRequestIsAnswered() throws Exception {
    // When
    var document =
        Json.LENIENT.readTree(new Api(base, "none").get("/q/openapi?format=json").body());

    // Then
    assertThat(document.at("/components/securitySchemes/access-key/scheme").asText())
        .isEqualTo("bearer");
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue().properties().stream()
                    .filter(operation -> operation.getValue().has("responses"))
                    .forEach(
                        operation -> {
                          var answers = new ArrayList<String>();
                          operation
                              .getValue()
                              .get("responses")
                              .fieldNames()
                              .forEachRemaining(answers::add);
                          assertThat(answers)
                              .as(operation.getKey() + " " + path.getKey())
                              .contains("200", "401", "403", "404", "503")
                              .doesNotContain("204");
                        }));
    assertThat(document.at("/paths/~1v1~1apps~1{app}~1blobs~1{id}/put/responses").has("201"))
        .isTrue();
    assertThat(
            document
                .at("/paths/~1v1~1apps~1{app}~1blobs~1{id}/put/requestBody/content")
                .fieldNames()
                .next())
        .isEqualTo("application/octet-stream");
  }

  /// The states that the topic has for this key, once there are so many and no more follow.
  private List<BundleState> events(String key, int count) {
    try (var reader = TopicReader.fromBeginning(endpoints, Topics.BUNDLES.name())) {
      reader.until(all -> all.stream().filter(record -> record.key().equals(key)).count() >= count);
      var states =
          reader.toEnd().stream()
              .filter(record -> record.key().equals(key))
              .map(record -> Message.read(Topics.BUNDLES, record.value()))
              .toList();
      assertThat(states).hasSize(count);
      return states;
    }
  }

  private void register(String app, UnaryOperator<AppState> change, Publisher publisher) {
    Publisher.write(
        endpoints, Topics.APPS, app, change.apply(Publisher.appState(publisher.keys())));
  }

  private static AppState as(String app, AppState state) {
    return new AppState(
        AppId.of(app),
        state.revision(),
        state.name(),
        state.publisherId(),
        state.publisherLeaf(),
        state.keyIds(),
        state.createdAt());
  }

  private static void refused(HttpResponse<byte[]> answer, int status, String slug) {
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(problem(answer).slug()).isEqualTo(slug);
  }

  private static <T> List<HttpResponse<byte[]>> atOnce(
      List<T> inputs, java.util.function.Function<T, HttpResponse<byte[]>> request)
      throws Exception {
    var barrier = new CyclicBarrier(inputs.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls =
          inputs.stream()
              .map(
                  input ->
                      (Callable<HttpResponse<byte[]>>)
                          () -> {
                            barrier.await();
                            return request.apply(input);
                          })
              .toList();
      var answers = new ArrayList<HttpResponse<byte[]>>();
      for (var answer : threads.invokeAll(calls)) answers.add(answer.get());
      return answers;
    }
  }

  private static List<Integer> statuses(List<HttpResponse<byte[]>> answers) {
    return answers.stream().map(HttpResponse::statusCode).sorted().toList();
  }

  private static Page<BundleState> page(HttpResponse<byte[]> answer) throws IOException {
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(200);
    return Json.LENIENT.readValue(answer.body(), PAGE);
  }

  /// Sends this text and reads until the other side ends the connection.
  private String raw(String requestLine, String rest) throws IOException {
    try (var socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoTimeout(20_000);
      var connection = rest.replaceFirst("\r\n", "\r\nConnection: close\r\n");
      socket
          .getOutputStream()
          .write((requestLine + connection).getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private List<Path> spooled() throws IOException {
    try (Stream<Path> paths = Files.walk(spool)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> !path.toString().endsWith(".lock"))
          .toList();
    }
  }

  private void store(String key, byte[] content) throws Exception {
    try (var client = Remains.client(endpoints)) {
      client.putObject(
          PutObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).stream(
                  new ByteArrayInputStream(content), content.length, -1)
              .build());
    }
  }

  private void sql(String update) throws Exception {
    try (var connection =
            DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(update)).isEqualTo(1);
    }
  }

  /// Bytes as random as ciphertext, the same in each run.
  private static byte[] ciphertext(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(length).nextBytes(bytes);
    return bytes;
  }

  private static boolean contains(byte[] all, byte[] part) {
    // Latin-1 keeps each byte as one character.
    return new String(all, StandardCharsets.ISO_8859_1)
        .contains(new String(part, StandardCharsets.ISO_8859_1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
