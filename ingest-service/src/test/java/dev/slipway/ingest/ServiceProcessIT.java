package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Part;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import dev.slipway.testkit.TopicReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The packaged service as a process of its own, on a stack of its own whose parts go away.
class ServiceProcessIT {

  private static final Path ROOT = Path.of(System.getProperty("slipway.root", ".."));
  private static final String LARGEST = "600M";

  @TempDir static Path stackFolder;

  private static LocalStack stack;
  private static Suite suite;
  private static Path spool;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    stack = LocalStack.at(stackFolder, ROOT.resolve(".slipway/programs"));
    stack.endWith(ProcessHandle.current());
    stack.start(System.out::println);
    spool = stackFolder.resolve("spool");
    suite =
        Suite.of(stack, ROOT)
            .with(Service.INGEST, "SLIPWAY_INGEST_MAX_BLOB_SIZE", LARGEST)
            .with(Service.INGEST, "SLIPWAY_INGEST_SPOOL_DIRECTORY", spool.toString());
    suite.start(Service.INGEST, System.out::println);
  }

  @AfterAll
  static void stop() {
    suite.stop(Service.INGEST, System.out::println);
    stack.remove();
  }

  @Test
  void aBlobMuchLargerThanTheHeapPasses() throws Exception {
    // Given: more than twice the heap
    var publisher = Publisher.registered("com.example.large", stack.endpoints());
    Path blob = folder.resolve("blob");
    var digest = Digest.newSha256();
    var random = new SplittableRandom(500);
    byte[] part = new byte[1 << 20];
    try (var out = Files.newOutputStream(blob)) {
      for (int i = 0; i < 500; i++) {
        random.nextBytes(part);
        digest.update(part);
        out.write(part);
      }
    }
    var id = Digest.of(digest.digest());
    var api = api(publisher);

    // When
    var answer = api.put(publisher.app(), id.text(), BodyPublishers.ofFile(blob));

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    assertThat(api.head(publisher.app(), id).headers().firstValue("Content-Length"))
        .hasValue(Long.toString(500L << 20));
    assertThat(spooled()).isEmpty();
  }

  @Test
  void withoutTheObjectStoreNothingIsTaken() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.nostore", stack.endpoints());
    var api = api(publisher);
    var uploaded = publisher.seal(folder, "1.0.0");
    uploaded.blobs().forEach((id, blob) -> api.put(publisher.app(), id, blob));
    var next = publisher.seal(folder, "2.0.0");
    var before = Remains.of(publisher.app(), stack.endpoints());

    // When
    stack.stop(Part.S3, System.out::println);
    var index = next.verified().manifest().index().id();
    var upload = api.put(publisher.app(), index, next.blobs().get(index));
    var publication = api.publish(publisher.app(), uploaded.manifest());
    stack.start(Part.S3, System.out::println);

    // Then
    for (var answer : List.of(upload, publication)) {
      assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(503);
      assertThat(Api.problem(answer).slug()).isEqualTo("storage-unavailable");
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }
    assertThat(Remains.of(publisher.app(), stack.endpoints())).isEqualTo(before);
    assertThat(spooled()).isEmpty();
    assertThat(api.publish(publisher.app(), uploaded.manifest()).statusCode()).isEqualTo(201);
    assertThat(api.publish(next).statusCode()).isEqualTo(201);
  }

  @Test
  void withoutKafkaAVersionIsAcceptedAndItsEventFollows() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.nokafka", stack.endpoints());
    var api = api(publisher);
    var first = publisher.seal(folder, "1.0.0");
    assertThat(api.publish(first).statusCode()).isEqualTo(201);
    var second = publisher.seal(folder, "2.0.0");
    second.blobs().forEach((id, blob) -> api.put(publisher.app(), id, blob));

    // When
    stack.kill(Part.KAFKA);
    var answer = api.publish(publisher.app(), second.manifest());
    var again = api.publish(publisher.app(), second.manifest());
    stack.start(Part.KAFKA, System.out::println);

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(eventsOf("com.example.nokafka/2.0.0", 1)).isEqualTo(1);
    assertThat(eventsOf("com.example.nokafka/1.0.0", 1)).isEqualTo(1);
  }

  @Test
  void whateverMomentItIsKilledAtNoHalfVersionIsLeft() throws Exception {
    var publisher = Publisher.registered("com.example.killed", stack.endpoints());
    for (int round = 0; round < 3; round++) {
      // Given
      String version = round + ".0.0";
      var release = publisher.seal(folder, version);
      var api = api(publisher);
      release.blobs().forEach((id, blob) -> api.put(publisher.app(), id, blob));
      try (var unfinished = unfinishedUpload(publisher)) {

        // When: killed while a publication is under way, a little later in each round
        var publication =
            CompletableFuture.supplyAsync(() -> api.publish(publisher.app(), release.manifest()));
        LockSupport.parkNanos(Duration.ofMillis(15L * round).toNanos());
        suite.kill(Service.INGEST);
        System.out.println("killed; the publication under way: " + outcome(publication));
        suite.start(Service.INGEST, System.out::println);
        assertThat(unfinished.isConnected()).isTrue();
      }

      // Then: all of the version or nothing
      var api2 = api(publisher);
      var remains = Remains.of(publisher.app(), stack.endpoints());
      boolean there = remains.versions().contains(version);
      assertThat(remains.waiting().contains(publisher.app() + "/" + version)).isEqualTo(there);
      assertThat(spooled()).isEmpty();
      var retry = api2.publish(publisher.app(), release.manifest());
      assertThat(retry.statusCode()).as(text(retry.body())).isEqualTo(there ? 200 : 201);
      assertThat(Remains.of(publisher.app(), stack.endpoints()).waiting())
          .containsOnlyOnce(publisher.app() + "/" + version);
      // A crash between Kafka's commit and its note sends the event again, with the same revision.
      assertThat(eventsOf(publisher.app() + "/" + version, 1)).isBetween(1L, 2L);
    }
  }

  private Api api(Publisher publisher) {
    return new Api(suite.address(Service.INGEST), publisher.accessKey());
  }

  private static Socket unfinishedUpload(Publisher publisher) throws IOException {
    var address = suite.address(Service.INGEST);
    var socket = new Socket(address.getHost(), address.getPort());
    socket
        .getOutputStream()
        .write(
            ("PUT /v1/apps/"
                    + publisher.app()
                    + "/blobs/"
                    + Digest.sha256(new byte[0])
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nAuthorization: Bearer "
                    + publisher.accessKey()
                    + "\r\n\r\nsome bytes")
                .getBytes(StandardCharsets.US_ASCII));
    await().atMost(Duration.ofSeconds(10)).until(() -> spooled().size() == 1);
    return socket;
  }

  private static String outcome(CompletableFuture<?> request) throws Exception {
    try {
      return String.valueOf(request.get(30, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return String.valueOf(e.getCause().getMessage());
    }
  }

  private static long eventsOf(String key, int atLeast) {
    try (var reader = TopicReader.fromBeginning(stack.endpoints(), Topics.BUNDLES.name())) {
      reader.until(
          all -> all.stream().filter(record -> record.key().equals(key)).count() >= atLeast);
      return reader.toEnd().stream().filter(record -> record.key().equals(key)).count();
    }
  }

  private static List<Path> spooled() {
    try (Stream<Path> paths = Files.walk(spool)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> !path.toString().endsWith(".lock"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
