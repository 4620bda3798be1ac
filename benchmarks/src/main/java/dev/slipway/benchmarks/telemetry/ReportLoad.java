package dev.slipway.benchmarks.telemetry;

import com.sun.management.OperatingSystemMXBean;
import dev.slipway.benchmarks.Logs;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.stream.SharedRocksDb;
import dev.slipway.telemetry.stream.TelemetryTopology;
import dev.slipway.testkit.Stack;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/// How many reports a second telemetry's topology counts, and what each costs, in turns with a bare
/// topology of Kafka Streams that parses the same JSON and only forgets what it has seen, in a
/// store with the same settings; then how long it takes from a report to the verdict that counts
/// it; and what the state takes on disk. The broker is a process of its own on the same machine;
/// each run begins with nothing, and reads the same log.
///
/// Arguments: devices (three reports each), rounds, samples of the latency.
public final class ReportLoad {

  private static final AppId APP = AppId.of("com.example.load");
  private static final ChannelName CHANNEL = ChannelName.of("production");
  private static final Version CANDIDATE = Version.of("1.4.2");
  private static final Instant START = Instant.now().minus(Duration.ofHours(1));
  private static final int NETWORKS = 500;
  private static final int REPORTS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final String SEEN = "seen";

  private ReportLoad() {}

  /// What a run took.
  private record Run(double perSecond, double cpuMicros) {}

  public static void main(String[] args) throws Exception {
    Logs.asInAService();
    int devices = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int samples = args.length > 2 ? Integer.parseInt(args[2]) : 200;
    var kafka = Stack.shared().kafka();
    var clients = new KafkaClients(kafka, "benchmark");
    try (var guard = new TopicGuard(clients, TopicProfile.named("single"))) {
      guard
          .ensure(
              List.of(
                  Topics.DEVICE_EVENTS,
                  Topics.CHANNEL_STATES,
                  Topics.ROLLOUT_EVENTS,
                  Topics.BASELINES,
                  Topics.DEVICE_FAILURES,
                  Topics.OUTCOME_DELTAS,
                  Topics.ROLLOUT_VERDICTS,
                  Topics.DEAD_LETTERS))
          .get(1, TimeUnit.MINUTES);
    }
    var rollout = RolloutId.of("11111111-2222-4333-8444-555555555555");
    try (var producer =
        clients.producer(
            "benchmark",
            Duration.ofMillis(20),
            Map.of(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10))) {
      rollOut(producer, rollout, 1);
      write(producer, rollout, devices);
      producer.flush();
      long reports = (long) devices * REPORTS;
      var ratios = new ArrayList<Double>();
      var cpuRatios = new ArrayList<Double>();
      // The first round warms both.
      for (int round = 0; round <= rounds; round++) {
        Run bare = bare(kafka, reports);
        forgetDeltas(clients);
        Run full = full(kafka, reports, devices, round == rounds);
        if (round == 0) continue;
        ratios.add(full.perSecond() / bare.perSecond());
        cpuRatios.add(bare.cpuMicros() / full.cpuMicros());
        System.out.printf(
            "round %d: bare %,.0f reports/s, %.1f µs of CPU each; telemetry %,.0f reports/s, %.1f"
                + " µs: %.0f %% of the reports, %.0f %% by CPU (goal: 60 %%)%n",
            round,
            bare.perSecond(),
            bare.cpuMicros(),
            full.perSecond(),
            full.cpuMicros(),
            100 * full.perSecond() / bare.perSecond(),
            100 * bare.cpuMicros() / full.cpuMicros());
      }
      System.out.printf(
          "median: %.0f %% of the reports per second, %.0f %% by CPU%n",
          100 * median(ratios), 100 * median(cpuRatios));
      if (samples > 0) latency(kafka, clients, producer, samples);
    }
    System.exit(0);
  }

  private static double median(List<Double> values) {
    if (values.isEmpty()) return Double.NaN;
    var sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  // --- What devices say

  private static void rollOut(Producer<String, byte[]> producer, RolloutId rollout, long epoch) {
    var state =
        new ChannelState(
            APP,
            CHANNEL,
            epoch,
            Version.BUILTIN,
            null,
            new ActiveRollout(
                rollout,
                CANDIDATE,
                "AAAAAAAAAAAAAAAAAAAAAA",
                Exposure.ALL,
                Exposure.NONE,
                0,
                false,
                Policy.CAUTIOUS,
                START),
            Set.of(),
            Set.of(),
            ChannelRules.DEFAULT,
            START);
    send(producer, Topics.CHANNEL_STATES, state.key(), state);
  }

  private static void write(Producer<String, byte[]> producer, RolloutId rollout, int devices) {
    for (String action : List.of("download_zip_start", "set", "app_launch_ready")) {
      for (int i = 0; i < devices; i++) {
        var report = report(rollout, i, action);
        send(producer, Topics.DEVICE_EVENTS, report.key(), report);
      }
    }
  }

  private static Reported report(RolloutId rollout, long device, String action) {
    // Ids as devices draw them: neighbours in time are none in the store.
    long mixed = device * 0x9E3779B97F4A7C15L;
    return new Reported(
        APP,
        CHANNEL,
        DeviceId.of(new UUID(mixed, ~mixed).toString()),
        Platform.ANDROID,
        action,
        CANDIDATE.text(),
        "1.4.1",
        "8.51.23",
        null,
        "network-" + Math.floorMod(mixed, NETWORKS),
        true,
        new Stamp(rollout, Arm.EXPOSED, 0, 1, CANDIDATE),
        Instant.now());
  }

  private static <T> void send(
      Producer<String, byte[]> producer, Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Instant.now());
    var record = new ProducerRecord<String, byte[]>(topic.name(), key, message.value());
    message
        .headers()
        .forEach((name, text) -> record.headers().add(name, Message.headerBytes(text)));
    producer.send(record);
  }

  /// What the run before said must not be judged again.
  private static void forgetDeltas(KafkaClients clients) throws Exception {
    try (var reader = clients.reader("ends");
        var admin = clients.admin("forget")) {
      var partitions =
          reader.partitionsFor(Topics.OUTCOME_DELTAS.name()).stream()
              .map(it -> new TopicPartition(it.topic(), it.partition()))
              .toList();
      var until = new HashMap<TopicPartition, RecordsToDelete>();
      reader
          .endOffsets(partitions)
          .forEach((partition, end) -> until.put(partition, RecordsToDelete.beforeOffset(end)));
      admin.deleteRecords(until).all().get(1, TimeUnit.MINUTES);
    }
  }

  // --- The topologies

  private static Run bare(String kafka, long reports) throws Exception {
    var seen = new AtomicLong();
    var topology = new Topology();
    topology
        .addSource(
            "device-events",
            new StringDeserializer(),
            new ByteArrayDeserializer(),
            Topics.DEVICE_EVENTS.name())
        .addProcessor("forget-repeats", () -> new Bare(seen), "device-events")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore(SEEN), Serdes.String(), Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(Map.of()),
            "forget-repeats");
    return run("bare", kafka, topology, seen::get, reports, folder -> {});
  }

  private static Run full(String kafka, long reports, int devices, boolean measured)
      throws Exception {
    var meters = new SimpleMeterRegistry();
    var counter = meters.counter("slipway.telemetry.reports");
    return run(
        "telemetry",
        kafka,
        TelemetryTopology.of(new TelemetryMetrics(meters)),
        () -> (long) counter.count(),
        reports,
        folder -> {
          if (!measured) return;
          System.out.printf(
              "state of %,d devices: %.0f MiB on disk, %.0f MiB for a million (goal: 400)%n",
              devices, bytes(folder) / 1048576.0, bytes(folder) / 1048576.0 / devices * 1e6);
        });
  }

  private interface After {
    void look(Path folder) throws IOException;
  }

  private static Run run(
      String name, String kafka, Topology topology, LongSupplier done, long reports, After after)
      throws Exception {
    Path folder = Files.createTempDirectory("slipway-" + name);
    try (var streams = new KafkaStreams(topology, settings(name, kafka, folder))) {
      streams.start();
      // The group and the stores come first; then the clock runs.
      await(() -> done.getAsLong() > 0);
      long first = done.getAsLong();
      long start = System.nanoTime();
      long cpu = cpu();
      await(() -> done.getAsLong() >= reports);
      double seconds = (System.nanoTime() - start) / 1e9;
      double micros = (cpu() - cpu) / 1e3;
      streams.close(Duration.ofSeconds(30));
      after.look(folder);
      return new Run((reports - first) / seconds, micros / (reports - first));
    } finally {
      delete(folder);
    }
  }

  /// As `application.properties` of the service has them.
  private static Properties settings(String name, String kafka, Path folder) {
    var settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "load-" + name + "-" + UUID.randomUUID());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, kafka);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 4L << 20);
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, SharedRocksDb.class);
    settings.put(SharedRocksDb.BUDGET, "96");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 64 << 10);
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    return settings;
  }

  /// Parses a report and forgets it if it was there before.
  private static final class Bare implements Processor<String, byte[], Void, Void> {
    private static final byte[] THERE = {1};
    private final AtomicLong done;

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<String, byte[]> seen;

    Bare(AtomicLong done) {
      this.done = done;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      seen = context.getStateStore(SEEN);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      if (Message.read(Topics.DEVICE_EVENTS, record.value()) instanceof Reported report) {
        String key = record.key() + "/" + report.action() + "/" + report.versionName();
        if (seen.get(key) == null) seen.put(key, THERE);
        done.incrementAndGet();
      }
    }
  }

  // --- From a report to its verdict

  private static void latency(
      String kafka, KafkaClients clients, Producer<String, byte[]> producer, int samples)
      throws Exception {
    forgetDeltas(clients);
    var rollout = RolloutId.of(UUID.randomUUID().toString());
    rollOut(producer, rollout, System.currentTimeMillis());
    Path folder = Files.createTempDirectory("slipway-latency");
    var settings = settings("latency", kafka, folder);
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "latest");
    try (var streams =
            new KafkaStreams(
                TelemetryTopology.of(new TelemetryMetrics(new SimpleMeterRegistry())), settings);
        var reader = clients.reader("verdicts");
        var sender = clients.producer("sender", Duration.ofMillis(5))) {
      streams.start();
      await(() -> streams.state() == KafkaStreams.State.RUNNING);
      reader.assign(
          reader.partitionsFor(Topics.ROLLOUT_VERDICTS.name()).stream()
              .map(it -> new TopicPartition(it.topic(), it.partition()))
              .toList());
      reader.seekToEnd(reader.assignment());
      reader.assignment().forEach(reader::position);
      var millis = new ArrayList<Double>();
      for (int i = 0; i < samples + 5; i++) {
        LockSupport.parkNanos(Duration.ofMillis(137L * (i % 7)).toNanos());
        long start = System.nanoTime();
        var report = report(rollout, 1_000_000_000L + i, "set");
        send(sender, Topics.DEVICE_EVENTS, report.key(), report);
        long wanted = i + 1;
        long deadline = start + PATIENCE.toNanos();
        boolean heard = false;
        while (!heard && System.nanoTime() < deadline) {
          for (var record : reader.poll(Duration.ofMillis(50))) {
            if (!rollout.text().equals(record.key())) continue;
            var verdict = Message.read(Topics.ROLLOUT_VERDICTS, record.value());
            heard |= verdict.counts().attempts() >= wanted;
          }
        }
        if (!heard) throw new IllegalStateException("no verdict within " + PATIENCE);
        // The first ones warm.
        if (i >= 5) millis.add((System.nanoTime() - start) / 1e6);
      }
      Collections.sort(millis);
      System.out.printf(
          "report sent to verdict read, %d times: p50 %.0f ms (goal 1,500), p99 %.0f ms (goal"
              + " 3,000), most %.0f ms%n",
          samples, millis.get(samples / 2), millis.get((int) (samples * 0.99)), millis.getLast());
    } finally {
      delete(folder);
    }
  }

  // --- Tools

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) throw new IllegalStateException("not within " + PATIENCE);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static long cpu() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private static long bytes(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      long sum = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) sum += Files.size(file);
      return sum;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
