package dev.slipway.benchmarks.ingest;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Service;
import dev.slipway.stack.Suite;
import dev.slipway.testkit.TopicWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What the ingest service costs: uploads of 500 MiB, the first one of a fresh process and later
/// ones, in CPU time against bare sockets, a file and SHA-256, and against SHA-256 and a copy
// alone,
/// of the same bytes in the same run; and a manifest of 20,000 blobs over HTTP, accepted and
// refused. On real Kafka, PostgreSQL and S3 of its own,
/// which it takes away again.
///
/// `java -cp benchmarks/target/benchmarks.jar dev.slipway.benchmarks.ingest.Uploads [UPLOADS
/// [BLOBS]]`, in the project's folder, after `./mvnw -P launch package`; 0 leaves a part out. Ends
/// with 1 if a goal is missed. Linux only: it reads `/proc`.
public final class Uploads {

  private static final int MEBIBYTES = 500;
  /// Against bare sockets; see `docs/adr/0024-what-an-upload-is-held-against.md`.
  private static final double GOAL_RATIO = 1.5;

  private static final long GOAL_MANIFEST_MILLIS = 2_000;
  private static final int USUAL_UPLOADS = 6;
  private static final int USUAL_BLOBS = 20_000;
  private static final int AT_ONCE = 16;
  private static final int WARM_UPS = 5;

  /// Of the figures in `/proc/PID/stat`.
  private static final long TICKS_PER_SECOND = 100;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Path room;
  private final LocalStack stack;
  private final Suite suite;
  private final KeyRing keys =
      KeyRing.generate(
          AppId.of("com.example.bench"),
          new SecureRandom(),
          Instant.now().minusSeconds(60),
          Duration.ofDays(30));
  private String accessKey = "";

  private Uploads(Path room, LocalStack stack, Suite suite) {
    this.room = room;
    this.stack = stack;
    this.suite = suite;
  }

  /// @param arguments how many uploads, and how many blobs
  public static void main(String[] arguments) throws Exception {
    int uploads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : USUAL_UPLOADS;
    int blobs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : USUAL_BLOBS;
    Path root = Path.of("").toAbsolutePath();
    Path room = Files.createTempDirectory("slipway-uploads");
    LocalStack stack = LocalStack.at(room.resolve("stack"), root.resolve(".slipway/programs"));
    stack.endWith(ProcessHandle.current());
    boolean reached = true;
    try {
      stack.start(System.out::println);
      Suite suite =
          Suite.of(stack, root)
              .onAnyPorts()
              .with(Service.INGEST, "SLIPWAY_INGEST_MAX_BLOB_SIZE", "600M")
              .with(Service.INGEST, "SLIPWAY_INGEST_SPOOL_DIRECTORY", room + "/spool")
              .with(
                  Service.INGEST,
                  "JAVA_TOOL_OPTIONS",
                  System.getProperty("slipway.service.options", ""));
      suite.start(Service.INGEST, System.out::println);
      try {
        Uploads load = new Uploads(room, stack, suite);
        load.register();
        if (uploads > 0) reached &= load.large(uploads);
        if (blobs > 0) reached &= load.many(blobs);
      } finally {
        suite.stop(Service.INGEST, System.out::println);
      }
    } finally {
      stack.remove();
    }
    System.exit(reached ? 0 : 1);
  }

  private void register() {
    var app =
        new AppState(
            keys.appId(),
            1,
            "An app",
            keys.publisherId(),
            keys.certificate().fingerprint(),
            keys.fleetKeys().stream().map(WrappingKey::kid).toList(),
            Instant.now());
    write(Topics.APPS, app.appId().text(), app);
    var issued =
        AccessKeys.generate(
            "bench",
            "bench",
            Set.of(Role.PUBLISHER),
            Set.of(keys.appId()),
            Instant.now(),
            Instant.now().plus(Duration.ofDays(1)),
            new SecureRandom());
    write(Topics.ACCESS_KEYS, issued.key().keyId(), issued.key());
    accessKey = issued.text();
  }

  private <T> void write(Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Instant.now());
    try (var writer = new TopicWriter(stack.endpoints())) {
      writer.send(topic.name(), key, message.value(), message.headers());
    }
  }

  /// Whether the last uploads cost no more than they may.
  private boolean large(int uploads) throws Exception {
    Path file = room.resolve("blob");
    List<Double> toLeast = new ArrayList<>();
    List<Double> toBare = new ArrayList<>();
    for (int i = 0; i < uploads; i++) {
      Digest id = noise(file, i);
      double least = hashAndCopy(file);
      double bare = bare(file);
      Cpu before = cpu();
      long begun = System.nanoTime();
      HttpResponse<String> answer =
          send("PUT", "/blobs/" + id, BodyPublishers.ofFile(file), "application/octet-stream");
      double seconds = (System.nanoTime() - begun) / 1e9;
      Cpu used = cpu().minus(before);
      if (answer.statusCode() != 201) throw new IOException(answer.body());
      toLeast.add(used.millis() / least);
      toBare.add(used.millis() / bare);
      System.out.printf(
          "upload %d of %d MiB: %.1f s; service %.0f ms of CPU (user %.0f, system %.0f); SHA-256"
              + " and a copy %.0f ms; ratio %.2f; bare sockets, file and SHA-256 %.0f ms, ratio"
              + " %.2f; heap in use %d MiB%n",
          i + 1,
          MEBIBYTES,
          seconds,
          used.millis(),
          used.user(),
          used.system(),
          least,
          used.millis() / least,
          bare,
          used.millis() / bare,
          heapMebibytes());
    }
    Files.delete(file);
    System.out.printf(
        "first upload %.2f times bare sockets, %.2f times SHA-256 and a copy; the later half %.2f"
            + " (goal: %.1f) and %.2f times%n",
        toBare.getFirst(), toLeast.getFirst(), laterHalf(toBare), GOAL_RATIO, laterHalf(toLeast));
    return laterHalf(toBare) <= GOAL_RATIO;
  }

  private static double laterHalf(List<Double> ratios) {
    return ratios.subList(ratios.size() / 2, ratios.size()).stream()
        .mapToDouble(it -> it)
        .average()
        .orElseThrow();
  }

  /// Whether a manifest with so many blobs is answered in time.
  private boolean many(int blobs) throws Exception {
    Path web = Files.createDirectory(room.resolve("web"));
    for (int i = 0; i < blobs - 1; i++) Files.writeString(web.resolve(i + ".txt"), "file " + i);
    BundleParts parts = seal(web, "1.0.0");
    BundleParts next = seal(web, "1.0.1");
    var manifest = ManifestVerifier.readUnverified(parts.manifest()).allBlobs().toList();
    Cpu before = cpu();
    long begun = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<Integer>> sent = new ArrayList<>();
      for (var blob : manifest) sent.add(threads.submit(() -> put(parts, blob.id())));
      for (var one : sent) {
        if (one.get() != 201) throw new IOException("an upload was answered " + one.get());
      }
    }
    Cpu used = cpu().minus(before);
    System.out.printf(
        "%,d blobs uploaded, %d at a time: %.1f s; service %.2f ms of CPU each%n",
        manifest.size(),
        AT_ONCE,
        (System.nanoTime() - begun) / 1e9,
        used.millis() / manifest.size());
    // What a process does for the first time takes longer; it is said apart.
    warmUp();
    double accepted = publish("accepted", parts.manifest(), 201);
    // The index of this one was not uploaded.
    publish("refused, a blob is missing", next.manifest(), 422);
    byte[] spoilt = next.manifest();
    int signature = new String(spoilt, StandardCharsets.US_ASCII).lastIndexOf("\"signature\"");
    spoilt[signature + 20] = (byte) (spoilt[signature + 20] == 'A' ? 'B' : 'A');
    publish("refused, the signature is wrong", spoilt, 422);
    publish("the first one again", parts.manifest(), 200);
    return accepted <= GOAL_MANIFEST_MILLIS;
  }

  private void warmUp() throws Exception {
    Path web = Files.createDirectory(room.resolve("small"));
    Files.writeString(web.resolve("index.html"), "small");
    for (int i = 0; i < WARM_UPS; i++) {
      BundleParts parts = seal(web, "0.0." + i);
      for (var blob : ManifestVerifier.readUnverified(parts.manifest()).allBlobs().toList()) {
        if (put(parts, blob.id()) / 100 != 2) throw new IOException("an upload was refused");
      }
      String what = "accepted, version %d of this process".formatted(i + 1);
      publish(what, parts.manifest(), 201);
    }
  }

  private double publish(String what, byte[] manifest, int status) throws Exception {
    long begun = System.nanoTime();
    var answer =
        send("POST", "/bundles", BodyPublishers.ofByteArray(manifest), "application/jose+json");
    double millis = (System.nanoTime() - begun) / 1e6;
    if (answer.statusCode() != status) throw new IOException(what + ": " + answer.body());
    System.out.printf(
        "manifest of %,d bytes %s: %.0f ms (goal: %,d ms); heap in use %d MiB%n",
        manifest.length, what, millis, GOAL_MANIFEST_MILLIS, heapMebibytes());
    return millis;
  }

  private BundleParts seal(Path web, String version) throws IOException {
    var request =
        new SealRequest(
            web,
            version,
            1,
            new Compat(List.of("android"), null),
            Instant.now().truncatedTo(ChronoUnit.SECONDS),
            Map.of(),
            false);
    Path sealed = room.resolve("sealed-" + version);
    new Sealer(keys, Clock.systemUTC()).seal(request, sealed, (_, _) -> {});
    return new BundleParts(sealed);
  }

  private int put(BundleParts parts, Digest id) throws IOException, InterruptedException {
    byte[] blob;
    try (var in = parts.open(id)) {
      blob = in.readAllBytes();
    }
    return send("PUT", "/blobs/" + id, BodyPublishers.ofByteArray(blob), "application/octet-stream")
        .statusCode();
  }

  private HttpResponse<String> send(String method, String path, BodyPublisher body, String type)
      throws IOException, InterruptedException {
    URI address = suite.address(Service.INGEST).resolve("/v1/apps/" + keys.appId() + path);
    var request =
        HttpRequest.newBuilder(address)
            .header("Authorization", "Bearer " + accessKey)
            .header("Content-Type", type)
            .method(method, body)
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  /// Bytes that no compressor makes smaller, of a valid length for a blob.
  private static Digest noise(Path file, int seed) throws IOException {
    var random = new SplittableRandom(seed);
    var digest = Digest.newSha256();
    byte[] part = new byte[1 << 20];
    try (var out = Files.newOutputStream(file)) {
      for (int i = 0; i < MEBIBYTES; i++) {
        random.nextBytes(part);
        digest.update(part);
        out.write(part);
      }
    }
    return Digest.of(digest.digest());
  }

  /// The CPU time, in milliseconds, of what cannot be left out: the digest, and the bytes once
  /// through the kernel. The best of three.
  private double hashAndCopy(Path file) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    double best = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      Path copy = room.resolve("copy");
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
      best = Math.min(best, (threads.getCurrentThreadCpuTime() - start) / 1e6);
      Files.delete(copy);
    }
    return best;
  }

  /// The CPU time, in milliseconds, of what any service costs that takes the bytes over a socket,
  /// hashes and keeps them, and sends them on, even without a word of HTTP: read into one buffer,
  /// written to a file, passed on by the kernel. The best of two.
  private double bare(Path file) throws Exception {
    return Math.min(bareOnce(file), bareOnce(file));
  }

  private double bareOnce(Path file) throws Exception {
    Path copy = room.resolve("copy");
    try (var server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
        var others = Executors.newVirtualThreadPerTaskExecutor()) {
      var sent = others.submit(() -> sendTo(server.getLocalAddress(), file));
      double receiving;
      try (var from = server.accept();
          var out =
              FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        receiving = receive(from, out);
      }
      sent.get();
      var taken = others.submit(() -> discard(server));
      double sending = sendTo(server.getLocalAddress(), copy);
      taken.get();
      return receiving + sending;
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  private static double receive(SocketChannel from, FileChannel out) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    var sha256 = Digest.newSha256();
    var buffer = ByteBuffer.allocateDirect(256 << 10);
    while (from.read(buffer) >= 0) {
      sha256.update(buffer.flip().duplicate());
      while (buffer.hasRemaining()) out.write(buffer);
      buffer.clear();
    }
    sha256.digest();
    return (threads.getCurrentThreadCpuTime() - start) / 1e6;
  }

  /// @return the CPU time of this thread, in milliseconds; 0 on a virtual one
  private static double sendTo(SocketAddress address, Path file) throws IOException {
    var threads = ManagementFactory.getThreadMXBean();
    long start = Thread.currentThread().isVirtual() ? 0 : threads.getCurrentThreadCpuTime();
    try (var to = SocketChannel.open(address);
        var in = FileChannel.open(file)) {
      long size = in.size();
      for (long done = 0; done < size; ) done += in.transferTo(done, size - done, to);
    }
    return start == 0 ? 0 : (threads.getCurrentThreadCpuTime() - start) / 1e6;
  }

  private static long discard(ServerSocketChannel server) throws IOException {
    var buffer = ByteBuffer.allocateDirect(256 << 10);
    long all = 0;
    try (var from = server.accept()) {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer.clear())) all += read;
    }
    return all;
  }

  /// CPU time in milliseconds.
  private record Cpu(double user, double system) {

    double millis() {
      return user + system;
    }

    Cpu minus(Cpu before) {
      return new Cpu(user - before.user, system - before.system);
    }
  }

  /// What the service has used since its start.
  private Cpu cpu() throws IOException {
    long pid =
        suite.status().stream()
            .filter(status -> status.name().equals(Service.INGEST.label()))
            .flatMap(status -> status.running().stream())
            .findFirst()
            .orElseThrow()
            .pid();
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    // The name, the second field, may hold anything; the third follows its last parenthesis.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return new Cpu(
        Long.parseLong(fields[11]) * 1000.0 / TICKS_PER_SECOND,
        Long.parseLong(fields[12]) * 1000.0 / TICKS_PER_SECOND);
  }

  private long heapMebibytes() throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(suite.address(Service.INGEST).resolve("/q/metrics")).GET().build();
    double bytes =
        client
            .send(request, BodyHandlers.ofLines())
            .body()
            .filter(line -> line.startsWith("jvm_memory_used_bytes") && line.contains("\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    return (long) bytes >> 20;
  }
}
