package dev.slipway.benchmarks.delivery;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/// Server CPU and throughput of the update check against a bare route, on loopback, in turns.
/// Arguments: seconds per round, rounds, connections; with `crowd` behind them, instead the check
/// among 10,000 open connections and among slow clients.
public final class CheckLoad {

  private static final int BODIES = 512;
  private static final int CROWD = 10_000;
  private static final Duration WARM_UP = Duration.ofSeconds(12);

  private CheckLoad() {}

  /// What one round gave.
  record Round(
      double perSecond, double cpuMicros, double bytes, double p50Micros, double p99Micros) {}

  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int connections = args.length > 2 ? Integer.parseInt(args[2]) : 64;
    if (args.length > 3 && args[3].equals("crowd")) {
      crowd(seconds, rounds, connections);
      return;
    }
    var servers = new LinkedHashMap<String, Server>();
    try {
      for (var kind : List.of("bare", "plain", "rollout")) servers.put(kind, Server.start(kind));
      var bodies = bodies();
      for (var server : servers.values()) run(server, bodies, connections, WARM_UP);
      var results = new LinkedHashMap<String, List<Round>>();
      for (int round = 0; round < rounds; round++) {
        for (var server : servers.entrySet()) {
          results
              .computeIfAbsent(server.getKey(), _ -> new ArrayList<>())
              .add(run(server.getValue(), bodies, connections, Duration.ofSeconds(seconds)));
        }
      }
      print(results);
    } finally {
      servers.values().forEach(Server::stop);
    }
  }

  private static void print(Map<String, List<Round>> results) {
    System.out.printf(
        "%-10s %12s %14s %10s %14s %12s %10s %10s%n",
        "server",
        "checks/s",
        "CPU us/check",
        "x bare",
        "throughput",
        "bytes/check",
        "p50 us",
        "p99 us");
    var bare = results.get("bare");
    if (bare == null) throw new IllegalStateException("measured without its baseline");
    results.forEach(
        (kind, rounds) -> {
          // Each round against the baseline of the same round: the machine's mood is in both.
          double[] cpu = new double[rounds.size()];
          double[] throughput = new double[rounds.size()];
          for (int i = 0; i < cpu.length; i++) {
            cpu[i] = rounds.get(i).cpuMicros() / bare.get(i).cpuMicros();
            throughput[i] = rounds.get(i).perSecond() / bare.get(i).perSecond();
          }
          System.out.printf(
              "%-10s %12.0f %14.2f %10.2f %13.0f%% %12.0f %10.0f %10.0f%n",
              kind,
              median(rounds.stream().mapToDouble(Round::perSecond).toArray()),
              median(rounds.stream().mapToDouble(Round::cpuMicros).toArray()),
              median(cpu),
              100 * median(throughput),
              median(rounds.stream().mapToDouble(Round::bytes).toArray()),
              median(rounds.stream().mapToDouble(Round::p50Micros).toArray()),
              median(rounds.stream().mapToDouble(Round::p99Micros).toArray()));
        });
  }

  /// 10,000 open connections, then one client in ten that sends a byte at a time.
  private static void crowd(int seconds, int rounds, int connections) throws Exception {
    var server = Server.start("rollout");
    try {
      var bodies = bodies();
      run(server, bodies, connections, WARM_UP);
      var alone = new ArrayList<Round>();
      var crowded = new ArrayList<Round>();
      var slowed = new ArrayList<Round>();
      for (int round = 0; round < rounds; round++) {
        alone.add(run(server, bodies, connections, Duration.ofSeconds(seconds)));
        try (var _ = Crowd.gather(server.port, CROWD)) {
          crowded.add(run(server, bodies, connections, Duration.ofSeconds(seconds)));
        }
        try (var _ = Slow.start(server.port, Math.max(1, connections / 10))) {
          slowed.add(run(server, bodies, connections, Duration.ofSeconds(seconds)));
        }
      }
      System.out.printf(
          "%-36s %12s %10s %10s %14s%n", "", "checks/s", "p50 us", "p99 us", "x p99 alone");
      var rows = new LinkedHashMap<String, List<Round>>();
      rows.put("alone", alone);
      rows.put("10,000 open connections", crowded);
      rows.put("one client in ten is slow", slowed);
      for (var row : rows.entrySet()) {
        // Each round against the one alone just before it.
        double[] ratio = new double[rounds];
        for (int i = 0; i < rounds; i++) {
          ratio[i] = row.getValue().get(i).p99Micros() / alone.get(i).p99Micros();
        }
        System.out.printf(
            "%-36s %12.0f %10.0f %10.0f %14.2f%n",
            row.getKey(),
            median(row.getValue().stream().mapToDouble(Round::perSecond).toArray()),
            median(row.getValue().stream().mapToDouble(Round::p50Micros).toArray()),
            median(row.getValue().stream().mapToDouble(Round::p99Micros).toArray()),
            median(ratio));
      }
    } finally {
      server.stop();
    }
  }

  private static double median(double[] values) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static List<byte[]> bodies() {
    var random = Fleet.random();
    return Stream.generate(() -> request(random)).limit(BODIES).toList();
  }

  /// Devices of all apps that run what the channel offers; of a rollout, half of them get an offer.
  static byte[] request(Random random) {
    byte[] body = Fleet.check(random.nextInt(200), Fleet.device(random), "1.0.1", Fleet.KEY_ID);
    byte[] head =
        ("POST /updates HTTP/1.1\r\n"
                + "Host: ota.example.com\r\n"
                + "Content-Type: application/json; charset=utf-8\r\n"
                + "Accept-Encoding: gzip\r\n"
                + "User-Agent: CapacitorUpdater/8.51.23 (com.example.app) android/13\r\n"
                + "Content-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    var whole = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, whole, head.length, body.length);
    return whole;
  }

  /// One connection that asks, waits for the answer and asks again.
  private static final class Connection {
    final SocketChannel channel;
    final ByteBuffer in = ByteBuffer.allocate(16 << 10);
    long sentAt;
    int next;

    Connection(SocketChannel channel, int next) {
      this.channel = channel;
      this.next = next;
    }

    void ask(List<byte[]> bodies) throws IOException {
      sentAt = System.nanoTime();
      var request = ByteBuffer.wrap(bodies.get(next++ % bodies.size()));
      while (request.hasRemaining()) channel.write(request);
    }

    /// Whether the answer is there whole.
    boolean answered() throws IOException {
      if (channel.read(in) < 0) throw new IOException("the server hung up");
      byte[] bytes = in.array();
      int length = in.position();
      int end = -1;
      for (int i = 3; i < length && end < 0; i++) {
        if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') end = i + 1;
      }
      if (end < 0) return false;
      var head =
          new String(bytes, 0, end, StandardCharsets.US_ASCII).toLowerCase(java.util.Locale.ROOT);
      if (!head.startsWith("http/1.1 200")) throw new IOException(head);
      int at = head.indexOf("content-length:") + 15;
      int body = Integer.parseInt(head.substring(at, head.indexOf('\r', at)).strip());
      if (length < end + body) return false;
      in.clear();
      return true;
    }
  }

  private static Round run(Server server, List<byte[]> bodies, int connections, Duration time)
      throws Exception {
    var latencies = new long[4_000_000];
    int done = 0;
    try (var selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        var channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port));
        channel.configureBlocking(false);
        channel.socket().setTcpNoDelay(true);
        var connection = new Connection(channel, i * 7);
        channel.register(selector, SelectionKey.OP_READ, connection);
        connection.ask(bodies);
      }
      long cpu = server.number("/cpu");
      long allocated = server.number("/allocated");
      long start = System.nanoTime();
      long end = start + time.toNanos();
      while (System.nanoTime() < end) {
        selector.select(100);
        for (var keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
          var connection = (Connection) keys.next().attachment();
          keys.remove();
          if (!connection.answered()) continue;
          latencies[done++ % latencies.length] = System.nanoTime() - connection.sentAt;
          connection.ask(bodies);
        }
      }
      double took = (System.nanoTime() - start) / 1e9;
      double cpuMicros = (server.number("/cpu") - cpu) / 1e3 / done;
      double bytes = (double) (server.number("/allocated") - allocated) / done;
      for (var key : selector.keys()) key.channel().close();
      var sorted = Arrays.copyOf(latencies, Math.min(done, latencies.length));
      Arrays.sort(sorted);
      return new Round(
          done / took,
          cpuMicros,
          bytes,
          sorted[sorted.length / 2] / 1e3,
          sorted[(int) (sorted.length * 0.99)] / 1e3);
    }
  }

  /// A [CheckServer] in a process of its own.
  private static final class Server {
    final Process process;
    final int port;
    private final HttpClient http = HttpClient.newHttpClient();

    private Server(Process process, int port) {
      this.process = process;
      this.port = port;
    }

    static Server start(String kind) throws IOException {
      var process =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-Xms256m",
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "--sun-misc-unsafe-memory-access=allow",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path") + File.pathSeparator,
                  CheckServer.class.getName(),
                  kind)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      var reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      var line = reader.readLine();
      if (line == null) throw new IOException("the server did not start: " + kind);
      return new Server(process, Integer.parseInt(line.strip()));
    }

    long number(String path) throws IOException, InterruptedException {
      var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
      return Long.parseLong(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    void stop() {
      process.destroy();
    }
  }

  /// Clients that send a byte at a time.
  private record Slow(List<Thread> threads) implements AutoCloseable {
    static Slow start(int port, int number) {
      var threads = new ArrayList<Thread>();
      for (int i = 0; i < number; i++) {
        threads.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      byte[] request = request(Fleet.random());
                      try {
                        while (true) {
                          try (var socket = new Socket("127.0.0.1", port)) {
                            socket.setTcpNoDelay(true);
                            for (byte b : request) {
                              socket.getOutputStream().write(b);
                              Thread.sleep(10);
                            }
                          }
                        }
                      } catch (IOException | InterruptedException e) {
                        // The round is over.
                      }
                    }));
      }
      return new Slow(threads);
    }

    @Override
    public void close() {
      threads.forEach(Thread::interrupt);
    }
  }
}
