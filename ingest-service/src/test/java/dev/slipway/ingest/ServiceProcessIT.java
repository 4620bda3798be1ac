package dev.slipway.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Part;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import dev.slipway.testkit.TopicReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
            .onAnyPorts()
            .with(Service.INGEST, "SLIPWAY_INGEST_MAX_BLOB_SIZE", LARGEST)
            .with(Service.INGEST, "SLIPWAY_HTTP_HEADER_TIMEOUT", "PT3S")
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
    var process = process();
    var before = process.info().totalCpuDuration().orElseThrow();
    var answer = api.put(publisher.app(), id.text(), BodyPublishers.ofFile(blob));
    var used = process.info().totalCpuDuration().orElseThrow().minus(before);

    // Then: within the heap of 224 MiB, and at a cost that is shown beside what it consists of
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    var least = hashAndCopy(blob);
    System.out.printf(
        "500 MiB: service %d ms of CPU, SHA-256 and a copy %d ms, ratio %.2f; heap in use %s%n",
        used.toMillis(), least.toMillis(), (double) used.toMillis() / least.toMillis(), heap(api));
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
    byte[] large = new byte[1 << 20];
    new SplittableRandom(22).nextBytes(large);
    var before = Remains.of(publisher.app(), stack.endpoints());

    // When
    stack.stop(Part.S3, System.out::println);
    var index = next.verified().manifest().index().id();
    var upload = api.put(publisher.app(), index, next.blobs().get(index));
    var largeUpload = api.put(publisher.app(), Digest.sha256(large), large);
    var publication = api.publish(publisher.app(), uploaded.manifest());
    stack.start(Part.S3, System.out::println);

    // Then
    for (var answer : List.of(upload, largeUpload, publication)) {
      assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(503);
      assertThat(Api.problem(answer).slug()).isEqualTo("storage-unavailable");
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    }
    assertThat(Remains.of(publisher.app(), stack.endpoints())).isEqualTo(before);
    assertThat(spooled()).isEmpty();
    assertThat(api.publish(publisher.app(), uploaded.manifest()).statusCode()).isEqualTo(201);
    assertThat(api.publish(next).statusCode()).isEqualTo(201);
  }

  /// A21: the S3 server's system refuses it every byte of a file above 64 KiB, as a full disk does.
  @Test
  void aStoreThatIsFullTakesNothing() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.full", stack.endpoints());
    var api = api(publisher);
    byte[] blob = new byte[1 << 20];
    new SplittableRandom(21).nextBytes(blob);
    var id = Digest.sha256(blob);
    assumeTrue(limitFilesOfS3(64 << 10), "prlimit is of Linux");

    // When
    HttpResponse<byte[]> answer;
    try {
      answer = api.put(publisher.app(), id, blob);
    } finally {
      // Without the limit; what the server had begun to write goes too.
      stack.stop(Part.S3, System.out::println);
      stack.start(Part.S3, System.out::println);
    }

    // Then
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(503);
    assertThat(Api.problem(answer).slug()).isEqualTo("storage-unavailable");
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(Remains.of(publisher.app(), stack.endpoints())).isEqualTo(Remains.NOTHING);
    assertThat(spooled()).isEmpty();

    // Then: there is room again
    assertThat(api.put(publisher.app(), id, blob).statusCode()).isEqualTo(201);
  }

  /// @return whether this system can
  private static boolean limitFilesOfS3(int bytes) throws Exception {
    var pid = Files.readAllLines(stackFolder.resolve("run/s3.pid")).getFirst().strip();
    try {
      return new ProcessBuilder("prlimit", "--pid", pid, "--fsize=" + bytes + ":")
              .inheritIO()
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
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

  /// How often a commit is killed again.
  private static final int COMMITS = 2;

  /// What is killed, without a word, and comes back.
  private enum Victim {
    INGEST,
    POSTGRES,
    S3;

    /// What kills it at once: a request of the service is short, and finding its process is not.
    Runnable aimed() {
      return switch (this) {
        case INGEST -> {
          var process = process();
          yield () -> {
            process.destroyForcibly();
            suite.kill(Service.INGEST);
          };
        }
        case POSTGRES -> () -> stack.kill(Part.POSTGRES);
        case S3 -> () -> stack.kill(Part.S3);
      };
    }

    void start() {
      switch (this) {
        case INGEST -> suite.start(Service.INGEST, System.out::println);
        case POSTGRES -> stack.start(Part.POSTGRES, System.out::println);
        case S3 -> stack.start(Part.S3, System.out::println);
      }
    }
  }

  /// A23, at each step: while each of the parts travels, and while the manifest is committed, which
  /// is short and done more than once. Half a step's usual time on average passes before the end
  /// comes, less where it is done again.
  @ParameterizedTest
  @EnumSource
  void whateverIsKilledAtWhateverStepAVersionIsWholeOrNotThere(Victim victim) throws Exception {
    // Given
    var publisher =
        Publisher.registered(
            "com.example.killed." + victim.name().toLowerCase(Locale.ROOT), stack.endpoints());
    var app = publisher.app();
    long seed = System.nanoTime();
    System.out.println("seed: " + seed);
    var random = new SplittableRandom(seed);
    var usual = new ArrayList<Long>();
    var first = sealMuch(publisher, "1.0.0", random);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> api(publisher).head(app, Digest.sha256(new byte[1])).statusCode() == 404);
    for (int step = 0; step <= first.blobs().size(); step++) {
      long start = System.nanoTime();
      assertThat(step(api(publisher), first, step).statusCode()).isEqualTo(201);
      usual.add(System.nanoTime() - start);
    }

    for (int round = 0; round < usual.size() + COMMITS; round++) {
      int step = Math.min(round, usual.size() - 1);
      var version = (round + 2) + ".0.0";
      var release = sealMuch(publisher, version, random);
      var api = api(publisher);
      int last = release.blobs().size();
      assertThat(last).isEqualTo(usual.size() - 1);
      for (int before = 0; before < step; before++) {
        assertThat(step(api, release, before).statusCode()).isEqualTo(201);
      }

      // When: another upload is half done, and this step is under way
      long most = round == step ? usual.get(step) * 5 / 4 : usual.get(step) / 2;
      var kill = victim.aimed();
      try (var unfinished = unfinishedUpload(publisher)) {
        var request = CompletableFuture.supplyAsync(() -> step(api, release, step));
        LockSupport.parkNanos(random.nextLong(most));
        kill.run();
        System.out.printf(
            "%s killed at step %d of %d; the request under way: %s%n",
            victim, step, last, outcome(request));
        victim.start();
        assertThat(unfinished.isConnected()).isTrue();
      }

      // Then: all of the version or nothing, and no row without its object
      await().atMost(Duration.ofSeconds(30)).until(() -> spooled().isEmpty());
      var remains = Remains.of(app, stack.endpoints());
      boolean there = remains.versions().contains(version);
      if (step < last) assertThat(there).isFalse();
      assertThat(remains.waiting().contains(app + "/" + version)).isEqualTo(there);
      for (var id : remains.blobs()) {
        byte[] object = Remains.object("apps/" + app + "/blobs/" + id, stack.endpoints());
        assertThat(Digest.sha256(object).text()).isEqualTo(id);
      }

      // When: the command is given again
      var again = api(publisher);
      var answers = new ArrayList<Integer>();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                answers.add(again.publish(release).statusCode());
                return answers.getLast() / 100 == 2;
              });

      // Then
      if (answers.size() == 1) assertThat(answers).containsExactly(there ? 200 : 201);
      var after = Remains.of(app, stack.endpoints());
      assertThat(after.versions()).contains(version);
      assertThat(after.waiting()).containsOnlyOnce(app + "/" + version);
      for (var blob : release.blobs().entrySet()) {
        assertThat(Remains.object("apps/" + app + "/blobs/" + blob.getKey(), stack.endpoints()))
            .isEqualTo(blob.getValue());
      }
      // A crash between Kafka's commit and its note sends the event again, with the same revision.
      assertThat(eventsOf(app + "/" + version, 1)).isBetween(1L, 2L);
      assertThat(spooled()).isEmpty();
    }
  }

  /// A part of its own travels at each step but the last, which commits.
  private static HttpResponse<byte[]> step(Api api, Publisher.Release release, int step) {
    var app = release.verified().manifest().appId();
    var parts = List.copyOf(release.blobs().entrySet());
    if (step == parts.size()) return api.publish(app, release.manifest());
    return api.put(app, parts.get(step).getKey(), parts.get(step).getValue());
  }

  /// A release none of whose parts another has, one of them of some megabytes.
  private Publisher.Release sealMuch(Publisher publisher, String version, SplittableRandom random) {
    byte[] content = new byte[3 << 20];
    random.nextBytes(content);
    return publisher.seal(
        folder, version, Base64.getEncoder().encodeToString(content), Instant.now(), true);
  }

  /// A6.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Content-Length: -1",
        "Content-Length: +4"
      })
  void refusesBodiesOfTwoLengths(String lengths) throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.lengths", stack.endpoints());

    // When
    String answer;
    try (var socket = open()) {
      socket
          .getOutputStream()
          .write(
              ascii(
                  "PUT /v1/apps/"
                      + publisher.app()
                      + "/blobs/"
                      + Digest.sha256(new byte[0])
                      + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
                      + publisher.accessKey()
                      + "\r\n"
                      + lengths
                      + "\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"));
      answer = text(socket.getInputStream().readAllBytes());
    }

    // Then
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(Remains.of(publisher.app(), stack.endpoints())).isEqualTo(Remains.NOTHING);
  }

  /// A7.
  @Test
  void hangsUpOnHeadersThatDoNotEnd() throws Exception {
    // Given: connections that say nothing, that never come to an end, and one whose first request
    // is
    // quick
    var publisher = Publisher.registered("com.example.slow", stack.endpoints());
    var sockets = new ArrayList<Socket>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 41; i++) sockets.add(open());
      sockets
          .getFirst()
          .getOutputStream()
          .write(ascii("GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      assertThat(sockets.getFirst().getInputStream().read()).isEqualTo('H');
      long start = System.nanoTime();

      // When
      try {
        for (var socket : sockets.subList(0, 20)) threads.submit(() -> drip(socket));

        // Then: all are hung up on, and others do not notice
        byte[] blob = new byte[1000];
        new SplittableRandom(7).nextBytes(blob);
        assertThat(api(publisher).put(publisher.app(), Digest.sha256(blob), blob).statusCode())
            .isEqualTo(201);
        for (var socket : sockets) {
          try {
            socket.getInputStream().readAllBytes();
          } catch (SocketException e) {
            // Hung up with bytes of ours unread.
          }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
      } finally {
        for (var socket : sockets) socket.close();
      }
    }
  }

  private static Socket open() throws IOException {
    var address = suite.address(Service.INGEST);
    var socket = new Socket(address.getHost(), address.getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /// Sends a byte now and then until the other side hangs up.
  private static void drip(Socket socket) {
    try {
      var out = socket.getOutputStream();
      out.write('G');
      while (true) {
        LockSupport.parkNanos(100_000_000);
        out.write('X');
      }
    } catch (IOException e) {
      // So it did.
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /// E10. As many as a version may have with `-Dslipway.test.blobs=20000`.
  @Test
  void aVersionOfManySmallBlobsPasses() throws Exception {
    // Given
    int count = Integer.getInteger("slipway.test.blobs", 2000);
    var publisher = Publisher.registered("com.example.many", stack.endpoints());
    var api = api(publisher);
    var release = publisher.sealMany(folder, "1.0.0", count - 1);
    var answers = new ConcurrentHashMap<Integer, Integer>();
    long start = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(16)) {
      for (var id : release.blobs().keySet()) {
        threads.submit(
            () ->
                answers.merge(
                    api.put(publisher.app(), id, release.blob(id)).statusCode(), 1, Integer::sum));
      }
    }
    long uploaded = System.nanoTime();

    // When
    var answer = api.publish(publisher.app(), release.manifest());

    // Then
    long published = System.nanoTime();
    assertThat(answers).containsOnlyKeys(201);
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(201);
    System.out.printf(
        "%d blobs: uploads %d ms, publication %d ms; heap in use %s%n",
        release.verified().manifest().allBlobs().count(),
        (uploaded - start) / 1_000_000,
        (published - uploaded) / 1_000_000,
        heap(api));
  }

  private static ProcessHandle process() {
    return suite.status().stream()
        .filter(status -> status.name().equals(Service.INGEST.label()))
        .flatMap(status -> status.running().stream())
        .flatMap(running -> ProcessHandle.of(running.pid()).stream())
        .findFirst()
        .orElseThrow();
  }

  /// The CPU time of what cannot be left out: the digest, and the bytes once through the kernel.
  private Duration hashAndCopy(Path file) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      Path copy = folder.resolve("copy");
      long start = threads.getCurrentThreadCpuTime();
      var sha256 = Digest.newSha256();
      byte[] buffer = new byte[64 << 10];
      try (var in = Files.newInputStream(file);
          var out = Files.newOutputStream(copy)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          sha256.update(buffer, 0, read);
          out.write(buffer, 0, read);
        }
      }
      best = Math.min(best, threads.getCurrentThreadCpuTime() - start);
      Files.delete(copy);
    }
    return Duration.ofNanos(best);
  }

  private static String heap(Api api) {
    double bytes =
        text(api.get("/q/metrics").body())
            .lines()
            .filter(line -> line.startsWith("jvm_memory_used_bytes") && line.contains("\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    return (long) bytes / (1 << 20) + " MiB";
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
    await().atMost(Duration.ofSeconds(30)).until(() -> spooled().size() == 1);
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
