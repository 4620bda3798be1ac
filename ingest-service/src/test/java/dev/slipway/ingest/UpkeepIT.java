package dev.slipway.ingest;

import static dev.slipway.ingest.Api.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.ingest.blob.BlobBook;
import dev.slipway.ingest.bundle.Releases;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.StorageUnavailable;
import dev.slipway.ingest.upkeep.Collector;
import dev.slipway.ingest.upkeep.Collector.Collected;
import dev.slipway.ingest.upkeep.Health;
import dev.slipway.ingest.upkeep.Scrubber;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.SteppingClock;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is done to the stored objects beside the requests: by a clock of the test's own, one app at
/// a time, as the stack is shared.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class UpkeepIT {

  private final Endpoints endpoints = Stack.shared();
  private final SteppingClock clock = SteppingClock.at(Instant.now());

  @TestHTTPResource("/")
  URI base;

  @Inject ObjectStore store;
  @Inject BlobBook blobs;
  @Inject Database database;
  @Inject IngestConfig config;
  @Inject IngestMetrics metrics;
  @Inject Health health;
  @Inject Releases releases;

  @TempDir Path folder;

  @Test
  void collectsWhatNothingRefersToADayAfterItWasWanted() throws Exception {
    // Given: a version, and blobs of another that never came
    var publisher = Publisher.registered("com.example.collect", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    assertThat(api.publish(publisher.seal(folder, "1.0.0")).statusCode()).isEqualTo(201);
    var kept = Remains.of(app, endpoints);
    var never = publisher.seal(folder, "2.0.0", "another content", Instant.now(), false);
    never.blobs().forEach((id, blob) -> api.put(app, id, blob));
    int unreferenced = Remains.of(app, endpoints).blobs().size() - kept.blobs().size();
    assertThat(unreferenced).isPositive();
    var collector = collector();

    // When
    clock.step(Duration.ofHours(23));
    var early = collector.collect(app);
    clock.step(Duration.ofHours(2));
    var late = collector.collect(app);

    // Then
    assertThat(early).isEqualTo(new Collected(0, 0));
    assertThat(late).isEqualTo(new Collected(unreferenced, 0));
    assertThat(Remains.of(app, endpoints)).isEqualTo(kept);
    assertThat(text(api.publish(app, never.manifest()).body())).contains("blob-missing");
    assertThat(api.publish(never).statusCode()).isEqualTo(201);
    clock.step(Duration.ofDays(30));
    assertThat(collector.collect(app)).isEqualTo(new Collected(0, 0));
  }

  @Test
  void collectsWhatACrashLeft() throws Exception {
    // Given: objects without rows
    var app = AppId.of("com.example.orphans");
    put("apps/" + app + "/blobs/" + Digest.sha256(new byte[1]), new byte[100]);
    put("apps/" + app + "/bundles/" + Digest.sha256(new byte[2]), new byte[100]);
    var collector = collector();

    // When
    clock.step(Duration.ofHours(47));
    var early = collector.collect(app);
    clock.step(Duration.ofHours(2));
    var late = collector.collect(app);

    // Then
    assertThat(early).isEqualTo(new Collected(0, 0));
    assertThat(late).isEqualTo(new Collected(0, 2));
    assertThat(Remains.of(app, endpoints)).isEqualTo(Remains.NOTHING);
  }

  @Test
  void neverTakesAwayWhatIsBeingPublished() throws Exception {
    // Given: a collector for which everything is old, at work while a version is published; for so
    // many looks only, or a publisher on a slow machine would never win
    var publisher = Publisher.registered("com.example.collectrace", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var collector = collector();
    clock.step(Duration.ofDays(10));
    var done = new AtomicBoolean();
    var looks = new Semaphore(0);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var collecting =
          threads.submit(
              () -> {
                int all = 0;
                while (!done.get()) {
                  looks.acquire();
                  try {
                    var some = collector.collect(app);
                    all += some.unreferenced() + some.unknown();
                  } catch (StorageUnavailable e) {
                    // The server of the local stack stumbles over a list while objects go. Next
                    // time.
                  }
                }
                return all;
              });

      // When: a publisher that repeats what is missing
      try {
        for (int i = 1; i <= 5; i++) {
          var release = publisher.seal(folder, i + ".0.0", "content " + i, Instant.now(), true);
          looks.release(20);
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> api.publish(release).statusCode() / 100 == 2);
        }
      } finally {
        done.set(true);
        looks.release();
      }
      assertThat(collecting.get()).isNotNegative();
    }

    // Then: each version has all its parts
    for (int i = 1; i <= 5; i++) {
      var version = i + ".0.0";
      var bundle = read(api.get("/v1/apps/" + app + "/bundles/" + version), BundleState.class);
      assertThat(Remains.object("apps/" + app + "/bundles/" + bundle.manifest(), endpoints))
          .isNotEmpty();
    }
    var remains = Remains.of(app, endpoints);
    assertThat(remains.versions()).hasSize(5);
    for (var id : remains.blobs()) {
      byte[] object = Remains.object("apps/" + app + "/blobs/" + id, endpoints);
      assertThat(Digest.sha256(object).text()).isEqualTo(id);
    }
  }

  @Test
  void findsRottenBlobsAndTheirReturn() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.rot", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var one = publisher.seal(folder, "1.0.0");
    var two = publisher.seal(folder, "2.0.0");
    assertThat(api.publish(one).statusCode()).isEqualTo(201);
    assertThat(api.publish(two).statusCode()).isEqualTo(201);
    var shared =
        one.blobs().keySet().stream().filter(two.blobs()::containsKey).findFirst().orElseThrow();
    var only =
        one.blobs().keySet().stream()
            .filter(id -> !two.blobs().containsKey(id))
            .findFirst()
            .orElseThrow();
    var scrubber =
        new Scrubber(store, new Health(bundles, database, clock), database, config, metrics, clock);

    // When: nothing is due, then all is, and sound
    scrubber.check(app);
    clock.step(Duration.ofDays(8));
    scrubber.check(app);

    // Then
    assertThat(degraded(api, app, "1.0.0")).isFalse();

    // When: one bit flips in a blob of both versions, and one of the first is gone
    byte[] damaged = one.blobs().get(shared).clone();
    damaged[damaged.length / 2] ^= 1;
    put("apps/" + app + "/blobs/" + shared, damaged);
    remove("apps/" + app + "/blobs/" + only);
    clock.step(Duration.ofDays(8));
    scrubber.check(app);
    scrubber.check(app);

    // Then
    assertThat(degraded(api, app, "1.0.0")).isTrue();
    assertThat(degraded(api, app, "2.0.0")).isTrue();
    assertThat(api.head(app, shared).statusCode()).isEqualTo(404);
    assertThat(text(api.get("/q/metrics").body()))
        .contains("slipway_ingest_checked_total{result=\"rotten\"}");

    // When: the publisher sends the shared one again
    assertThat(api.put(app, shared, one.blobs().get(shared)).statusCode()).isEqualTo(200);

    // Then: the first version still lacks its own
    assertThat(degraded(api, app, "2.0.0")).isFalse();
    assertThat(degraded(api, app, "1.0.0")).isTrue();

    // When: an operator brings the other back, and the store is read again
    put("apps/" + app + "/blobs/" + only, one.blobs().get(only));
    clock.step(Duration.ofDays(8));
    scrubber.check(app);

    // Then
    assertThat(degraded(api, app, "1.0.0")).isFalse();
    var states = Remains.of(app, endpoints).waiting();
    assertThat(states.stream().filter((app + "/1.0.0")::equals)).hasSize(3);
  }

  @Test
  void whatPublishedAVersionIsKeptTwiceAndHealsItself() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.rotmanifest", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    assertThat(api.publish(release).statusCode()).isEqualTo(201);
    byte[] manifest = release.manifest();
    var byDigest = "apps/" + app + "/bundles/" + Digest.sha256(manifest);
    var inFolder = "releases/" + app + "/1.0.0/manifest.jws.json";
    byte[] damaged = manifest.clone();
    damaged[damaged.length / 2] ^= 1;
    var scrubber =
        new Scrubber(store, new Health(bundles, database, clock), database, config, metrics, clock);

    // When: one copy after the other is gone or damaged
    remove(byDigest);
    clock.step(Duration.ofDays(8));
    scrubber.check(app);
    put(inFolder, damaged);
    clock.step(Duration.ofDays(8));
    scrubber.check(app);

    // Then
    assertThat(Remains.object(byDigest, endpoints)).isEqualTo(manifest);
    assertThat(Remains.object(inFolder, endpoints)).isEqualTo(manifest);
    assertThat(Remains.cacheControl(inFolder, endpoints))
        .isEqualTo("public, max-age=31536000, immutable");
    assertThat(degraded(api, app, "1.0.0")).isFalse();

    // When: both are
    put(byDigest, damaged);
    remove(inFolder);
    clock.step(Duration.ofDays(8));
    scrubber.check(app);

    // Then
    assertThat(degraded(api, app, "1.0.0")).isTrue();

    // When: the publisher gives the command again
    var again = api.publish(release);

    // Then
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(read(again, BundleState.class).degraded()).isFalse();
    assertThat(Remains.object(byDigest, endpoints)).isEqualTo(manifest);
    assertThat(Remains.object(inFolder, endpoints)).isEqualTo(manifest);
    assertThat(degraded(api, app, "1.0.0")).isFalse();
    assertThat(Remains.of(app, endpoints).waiting().stream().filter((app + "/1.0.0")::equals))
        .as("published, degraded, whole")
        .hasSize(3);
  }

  @Test
  void writesTheFolderOfARelease() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.folder", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    var release = publisher.seal(folder, "1.0.0");
    String manifest = "releases/" + app + "/1.0.0/manifest.jws.json";
    String certificate = "releases/" + app + "/1.0.0/certificate.pem";

    // When
    assertThat(api.publish(release).statusCode()).isEqualTo(201);

    // Then
    assertThat(Remains.object(manifest, endpoints)).isEqualTo(release.manifest());
    assertThat(text(Remains.object(certificate, endpoints)).strip())
        .isEqualTo(publisher.keys().certificate().pem().strip());
    assertThat(Remains.cacheControl(manifest, endpoints))
        .isEqualTo("public, max-age=31536000, immutable");

    // When: as a crash after the commit would leave it, with a version of before references
    remove(manifest);
    sql("delete from ingest.release where app_id = '" + app + "'");
    sql("delete from ingest.part where app_id = '" + app + "'");
    var parts = Remains.of(app, endpoints).blobs();
    clock.step(Duration.ofDays(2));
    assertThat(collector().collect(app)).isEqualTo(new Collected(0, 0));
    releases.catchUp(1000);

    // Then
    assertThat(Remains.object(manifest, endpoints)).isEqualTo(release.manifest());
    assertThat(collector().collect(app)).isEqualTo(new Collected(0, 0));
    assertThat(Remains.of(app, endpoints).blobs()).isEqualTo(parts);
  }

  @Inject dev.slipway.ingest.bundle.BundleBook bundles;

  private Collector collector() {
    return new Collector(store, blobs, database, config, metrics, clock);
  }

  private static boolean degraded(Api api, AppId app, String version) {
    return read(api.get("/v1/apps/" + app + "/bundles/" + version), BundleState.class).degraded();
  }

  private void put(String key, byte[] content) throws Exception {
    try (var client = Remains.client(endpoints)) {
      client.putObject(
          PutObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).stream(
                  new ByteArrayInputStream(content), content.length, -1)
              .build());
    }
  }

  private void remove(String key) throws Exception {
    try (var client = Remains.client(endpoints)) {
      client.removeObject(
          RemoveObjectArgs.builder().bucket(endpoints.s3Bucket()).object(key).build());
    }
  }

  private void sql(String update) throws Exception {
    try (var connection =
            DriverManager.getConnection(
                endpoints.jdbcUrl(), endpoints.user(), endpoints.password());
        var statement = connection.createStatement()) {
      statement.executeUpdate(update);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
