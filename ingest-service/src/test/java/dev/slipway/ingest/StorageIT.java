package dev.slipway.ingest;

import static dev.slipway.ingest.Api.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppPolicy.Confidentiality;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Uploads that nobody would send by accident, and the rows of the tables of transport and of blob
/// bytes, over sockets where a client would be too polite. After each nothing is left behind.
@QuarkusTest
@QuarkusTestResource(StackResource.class)
class StorageIT {

  private static final int LIMIT = 2 << 20;

  private final Endpoints endpoints = Stack.shared();

  @TestHTTPResource("/")
  URI base;

  @ConfigProperty(name = "slipway.ingest.spool.directory")
  Path spool;

  @Inject ObjectStore store;

  @TempDir Path folder;

  /// A1, A2, A3.
  @Test
  void readsNoBodyOfWhoMayNotUpload() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.a1", endpoints);
    var other = Publisher.registered("com.example.a1.other", endpoints);
    var viewer = Publisher.accessKey(endpoints, Set.of(Role.VIEWER), Set.of(publisher.app()));
    var id = Digest.sha256(ciphertext(1));

    // Then: the answer comes although nothing of the body does
    for (var path : List.of("/blobs/" + id, "/capgo/" + id)) {
      var put = "PUT /v1/apps/com.example.a1" + path + " HTTP/1.1\r\n";
      answered(put, "Content-Length: 1000000", null, 401, "auth-required");
      answered(
          put,
          "Content-Length: 1000000",
          "slipway_test_aaaaaaaa_" + "a".repeat(43),
          401,
          "auth-required");
      answered(put, "Content-Length: 1000000", other.accessKey(), 404, "not-found");
      answered(put, "Content-Length: 1000000", viewer, 403, "insufficient-scope");
    }
    nothingLeft(publisher.app());
  }

  /// A4, A5, E9.
  @Test
  void stopsAtTheLimit() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.a5", endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] largest = ciphertext(largestValid());
    byte[] tooLarge = ciphertext(LIMIT + 1);
    var put = put(publisher.app(), Digest.sha256(tooLarge));

    // Then: by its own account, before a byte of it
    answered(put, "Content-Length: " + (LIMIT + 1), publisher.accessKey(), 413, "blob-too-large");

    // When: without one
    String answer;
    try (var socket = open()) {
      var out = socket.getOutputStream();
      out.write(ascii(put + headers("Transfer-Encoding: chunked", publisher.accessKey())));
      try {
        for (int i = 0; i < 4 * LIMIT; i += 64 << 10) {
          out.write(ascii("10000\r\n"));
          out.write(new byte[64 << 10]);
          out.write(ascii("\r\n"));
        }
      } catch (IOException e) {
        // It may have hung up already.
      }
      answer = rest(socket);
    }

    // Then
    assertThat(answer).startsWith("HTTP/1.1 413 ").contains("blob-too-large");
    nothingLeft(publisher.app());

    // Then: the largest passes
    assertThat(api.put(publisher.app(), Digest.sha256(largest), largest).statusCode())
        .isEqualTo(201);
  }

  /// A8.
  @ParameterizedTest
  @ValueSource(ints = {1, 0})
  void givesUpOnBodiesThatDoNotCome(int bytesAtATime) throws Exception {
    // Given: the pace of the test's settings, 1 KiB a second after two seconds
    var publisher = Publisher.registered("com.example.a8.b" + bytesAtATime, endpoints);
    byte[] blob = ciphertext(100_000);

    // When
    String answer;
    try (var socket = open();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      socket
          .getOutputStream()
          .write(
              ascii(
                  put(publisher.app(), Digest.sha256(blob))
                      + headers("Content-Length: 100000", publisher.accessKey())));
      if (bytesAtATime > 0) threads.submit(() -> drip(socket));
      answer = rest(socket);
    }

    // Then
    if (bytesAtATime > 0) {
      assertThat(answer).startsWith("HTTP/1.1 408 ").contains("too-slow");
    } else {
      // To one who says nothing the HTTP layer says nothing either: it hangs up.
      assertThat(answer).isEmpty();
    }
    nothingLeft(publisher.app());

    // Then: again, and fast, it works
    var api = new Api(base, publisher.accessKey());
    assertThat(api.put(publisher.app(), Digest.sha256(blob), blob).statusCode()).isEqualTo(201);
  }

  /// A9, A10, A11: what says that it is longer than it is.
  @Test
  void aBodyThatIsNotAllThereIsNone() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.a9", endpoints);
    byte[] blob = ciphertext(1_000_000);
    var id = Digest.sha256(blob);

    // When: the last of its chunks does not come
    for (var lengths : List.of("Content-Length: 1000000", "Transfer-Encoding: chunked")) {
      try (var socket = open()) {
        var out = socket.getOutputStream();
        out.write(ascii(put(publisher.app(), id) + headers(lengths, publisher.accessKey())));
        if (lengths.startsWith("T")) out.write(ascii("927c0\r\n"));
        out.write(blob, 0, 600_000);
        out.flush();
        await().atMost(Duration.ofSeconds(30)).until(() -> spooled().size() == 1);
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> spooled().isEmpty());
    }

    // Then
    nothingLeft(publisher.app());
    var api = new Api(base, publisher.accessKey());
    assertThat(api.put(publisher.app(), id, blob).statusCode()).isEqualTo(201);
  }

  /// A13: addresses to write to never leave the service, and the store keeps what it has.
  @Test
  void theStoreKeepsWhatItHas() throws Exception {
    // Given
    var app = AppId.of("com.example.a13");
    byte[] blob = ciphertext(1000);
    var key = ObjectKey.blob(app, Digest.sha256(blob));
    Path good = Files.write(folder.resolve("good"), blob);
    Path bad = Files.write(folder.resolve("bad"), ciphertext(2000));
    byte[] large = ciphertext(3_000_000);
    var largeKey = ObjectKey.blob(app, Digest.sha256(large));
    Path largeFile = Files.write(folder.resolve("large"), large);

    // Then
    assertThat(store.put(key, good, Digest.sha256(blob))).isTrue();
    assertThat(store.put(key, bad, Digest.sha256(ciphertext(2000)))).isFalse();
    assertThat(store.put(key, new byte[] {1}, "text/plain")).isFalse();
    assertThat(store.put(largeKey, largeFile, Digest.sha256(large))).isTrue();
    assertThat(store.put(largeKey, largeFile, Digest.sha256(large))).isFalse();
    assertThat(store.put(key, largeFile, Digest.sha256(large))).isFalse();
    assertThat(Remains.object(largeKey.text(), endpoints)).isEqualTo(large);
    assertThat(Remains.object(key.text(), endpoints)).isEqualTo(blob);
    store.remove(key);
    store.remove(key);
    store.remove(largeKey);
    assertThat(store.size(key)).isEmpty();
  }

  /// A18.
  @Test
  void takesNoContentCodings() throws Exception {
    // Given: a bomb
    var publisher = Publisher.registered("com.example.a18", endpoints);
    var bomb = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bomb)) {
      for (int i = 0; i < 64; i++) gzip.write(new byte[1 << 20]);
    }

    // Then
    for (var coding : List.of("gzip", "deflate", "br", "gzip, identity", "x")) {
      for (var path :
          List.of(
              "/blobs/" + Digest.sha256(bomb.toByteArray()),
              "/bundles",
              "/capgo-bundles",
              "/air-packages")) {
        var method = path.startsWith("/blobs") ? "PUT" : "POST";
        answered(
            method + " /v1/apps/com.example.a18" + path + " HTTP/1.1\r\n",
            "Content-Type: application/json\r\nContent-Length: "
                + bomb.size()
                + "\r\nContent-Encoding: "
                + coding,
            publisher.accessKey(),
            415,
            "unsupported-media-type");
      }
    }
    nothingLeft(publisher.app());
  }

  /// A19.
  @Test
  void takesNoForms() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.a19", endpoints);
    var api = new Api(base, publisher.accessKey());
    var form = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      form.append("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n");
    }
    byte[] body = ascii(form + "--x--\r\n");
    var path = "/v1/apps/" + publisher.app();

    // Then
    for (var request :
        List.of(
            api.request(path + "/blobs/" + Digest.sha256(body))
                .PUT(BodyPublishers.ofByteArray(body)),
            api.request(path + "/capgo/" + Digest.sha256(body))
                .PUT(BodyPublishers.ofByteArray(body)),
            api.request(path + "/air-packages").POST(BodyPublishers.ofByteArray(body)))) {
      refused(
          api.send(request.header("Content-Type", "multipart/form-data; boundary=x")),
          400,
          "request-invalid");
    }

    // When: a name of a header that has a megabyte
    String answer;
    try (var socket = open()) {
      var out = socket.getOutputStream();
      try {
        out.write(ascii(put(publisher.app(), Digest.sha256(body)) + "Host: localhost\r\n"));
        out.write(ascii("x".repeat(1 << 20) + ": y\r\n\r\n"));
      } catch (IOException e) {
        // It may have hung up already.
      }
      answer = rest(socket);
    }

    // Then
    assertThat(answer).matches("(?s)(HTTP/1.1 (400|413|431) .*)?");
    nothingLeft(publisher.app());
  }

  /// A20, E1, E2, E5, E6.
  @Test
  void takesWhatCanBeCiphertextOnly() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.e5", endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    byte[] text = ascii("<p>readable</p> ".repeat(40));
    byte[] shortText = ascii("0123456789abcdef".repeat(5));
    byte[] zip = Arrays.copyOf(new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0}, 10_000);
    System.arraycopy(ciphertext(9990), 0, zip, 10, 9990);
    byte[] gzip = Arrays.copyOf(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, 10_000);
    System.arraycopy(ciphertext(9990), 0, gzip, 10, 9990);
    byte[] html = Arrays.copyOf(ascii("<!DOCTYPE html>"), 10_000);
    System.arraycopy(ciphertext(9985), 0, html, 15, 9985);
    byte[] halfZero = Arrays.copyOf(ciphertext(50_000), 100_000);

    // Then
    for (byte[] readable :
        List.of(text, shortText, zip, gzip, html, new byte[10_000], new byte[80], halfZero)) {
      refused(api.put(app, Digest.sha256(readable), readable), 422, "not-encrypted");
    }
    for (int length : new int[] {0, 1, 71, 56 + 16_400 + 1, 56 + 16_400 + 15}) {
      byte[] blob = ciphertext(length);
      refused(api.put(app, Digest.sha256(blob), blob), 422, "blob-length-invalid");
    }
    byte[] cut = ciphertext(56 + 2 * 16_400);
    refused(api.put(app, Digest.sha256(cut), cut), 422, "blob-truncated");
    byte[] good = ciphertext(1000);
    refused(api.put(app, Digest.sha256(ascii("another")), good), 422, "blob-digest-mismatch");
    nothingLeft(app);
  }

  /// E3: what was cut within a chunk and hashed again has a length that can be.
  @Test
  void takesWhatOnlyAKeyCouldRefuse() {
    var publisher = Publisher.registered("com.example.e3", endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] cut = ciphertext(56 + 16_400 + 500);

    assertThat(api.put(publisher.app(), Digest.sha256(cut), cut).statusCode()).isEqualTo(201);
  }

  /// E4.
  @Test
  void seesKeysThatAreUsedTwice() throws Exception {
    // Given
    var publisher = Publisher.registered("com.example.e4", endpoints);
    var other = Publisher.registered("com.example.e4.other", endpoints);
    var api = new Api(base, publisher.accessKey());
    byte[] first = ciphertext(1000);
    byte[] second = ciphertext(2000);
    System.arraycopy(first, 0, second, 0, 56);
    assertThat(api.put(publisher.app(), Digest.sha256(first), first).statusCode()).isEqualTo(201);
    var before = Remains.of(publisher.app(), endpoints);

    // When
    var answer = api.put(publisher.app(), Digest.sha256(second), second);

    // Then
    refused(answer, 422, "nonce-reuse");
    assertThat(problem(answer).facts()).containsEntry("other", Digest.sha256(first).text());
    assertThat(Remains.of(publisher.app(), endpoints)).isEqualTo(before);
    assertThat(text(api.get("/q/metrics").body())).contains("slipway_ingest_nonce_reuse_total");

    // Then: apps have nothing to do with each other
    assertThat(
            new Api(base, other.accessKey())
                .put(other.app(), Digest.sha256(second), second)
                .statusCode())
        .isEqualTo(201);

    // When: many at once
    var rivals = new ArrayList<byte[]>();
    for (int i = 0; i < 6; i++) {
      byte[] rival = ciphertext(3000 + i);
      System.arraycopy(ciphertext(77), 0, rival, 0, 56);
      rivals.add(rival);
    }
    var answers = atOnce(rivals, rival -> api.put(publisher.app(), Digest.sha256(rival), rival));

    // Then
    assertThat(answers.stream().filter(it -> it.statusCode() == 201)).hasSize(1);
    answers.stream()
        .filter(it -> it.statusCode() != 201)
        .forEach(it -> refused(it, 422, "nonce-reuse"));
    assertThat(Remains.of(publisher.app(), endpoints).blobs()).hasSize(2);
  }

  /// A24.
  @Test
  void keepsAppsWithinTheirLimits() throws Exception {
    // Given
    var policy = Publisher.limits(Confidentiality.SEALED, 3000, 5000);
    var publisher = Publisher.registered("com.example.a24", policy, endpoints);
    var app = publisher.app();
    var api = new Api(base, publisher.accessKey());
    byte[] most = ciphertext(4000);
    byte[] more = ciphertext(1001);

    // When
    assertThat(api.put(app, Digest.sha256(most), most).statusCode()).isEqualTo(201);
    var before = Remains.of(app, endpoints);
    var answer = api.put(app, Digest.sha256(more), more);
    var undeclared =
        api.put(
            app,
            Digest.sha256(more).text(),
            BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(more)));

    // Then
    for (var refusal : List.of(answer, undeclared)) {
      refused(refusal, 403, "quota-exceeded");
      assertThat(problem(refusal).facts())
          .containsEntry("limit", 5000)
          .containsEntry("used", 4000)
          .containsEntry("needed", 1001);
    }
    assertThat(Remains.of(app, endpoints)).isEqualTo(before);
    assertThat(spooled()).isEmpty();
    assertThat(api.put(app, Digest.sha256(most), most).statusCode()).isEqualTo(200);

    // When: a version above its limit
    publisher.policy(3, Publisher.limits(Confidentiality.SEALED, 500, 1 << 20), endpoints);
    var release = publisher.seal(folder, "1.0.0");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                release.blobs().entrySet().stream()
                    .allMatch(
                        blob -> api.put(app, blob.getKey(), blob.getValue()).statusCode() < 300));
    var tooLarge = api.publish(app, release.manifest());

    // Then
    refused(tooLarge, 403, "quota-exceeded");
    assertThat(problem(tooLarge).facts()).containsEntry("limit", 500);
    assertThat(Remains.of(app, endpoints).versions()).isEmpty();
  }

  private static int largestValid() {
    // A length of the formula, at the service's limit.
    int length = LIMIT;
    while ((length - 56) % 16_400 < 16) length--;
    return length;
  }

  private void answered(
      String requestLine, String lengths, String accessKey, int status, String slug)
      throws IOException {
    try (var socket = open()) {
      socket.getOutputStream().write(ascii(requestLine + headers(lengths, accessKey)));
      assertThat(rest(socket))
          .as(requestLine + lengths)
          .startsWith("HTTP/1.1 " + status + " ")
          .contains("/" + slug + "\"");
    }
  }

  private static String put(AppId app, Digest id) {
    return "PUT /v1/apps/" + app + "/blobs/" + id + " HTTP/1.1\r\n";
  }

  private static String headers(String lengths, String accessKey) {
    return "Host: localhost\r\nConnection: close\r\n"
        + (accessKey == null ? "" : "Authorization: Bearer " + accessKey + "\r\n")
        + lengths
        + "\r\n\r\n";
  }

  private Socket open() throws IOException {
    var socket = new Socket(base.getHost(), base.getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static String rest(Socket socket) throws IOException {
    var all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (java.net.SocketException e) {
      // The other side hung up with bytes of ours unread.
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  /// Sends a byte now and then until the other side hangs up.
  private static void drip(Socket socket) {
    try {
      var out = socket.getOutputStream();
      out.write('G');
      while (true) {
        java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
        out.write('X');
        out.flush();
      }
    } catch (IOException e) {
      // So it did.
    }
  }

  private void nothingLeft(AppId app) throws Exception {
    await().atMost(Duration.ofSeconds(30)).until(() -> spooled().isEmpty());
    assertThat(Remains.of(app, endpoints)).isEqualTo(Remains.NOTHING);
  }

  private List<Path> spooled() throws IOException {
    try (Stream<Path> paths = Files.walk(spool)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> !path.toString().endsWith(".lock"))
          .toList();
    } catch (java.io.UncheckedIOException e) {
      // A file went while it was looked at.
      return List.of(spool);
    }
  }

  private static <T> List<HttpResponse<byte[]>> atOnce(
      List<T> inputs, java.util.function.Function<T, HttpResponse<byte[]>> request)
      throws Exception {
    var barrier = new CyclicBarrier(inputs.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Callable<HttpResponse<byte[]>>>();
      for (T input : inputs) {
        calls.add(
            () -> {
              barrier.await();
              return request.apply(input);
            });
      }
      var answers = new ArrayList<HttpResponse<byte[]>>();
      for (var answer : threads.invokeAll(calls)) answers.add(answer.get());
      return answers;
    }
  }

  private static void refused(HttpResponse<byte[]> answer, int status, String slug) {
    assertThat(answer.statusCode()).as(text(answer.body())).isEqualTo(status);
    assertThat(problem(answer).slug()).isEqualTo(slug);
  }

  /// Bytes as random as ciphertext, the same in each run.
  private static byte[] ciphertext(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
