package dev.slipway.benchmarks.delivery;

import com.sun.management.OperatingSystemMXBean;
import dev.slipway.benchmarks.Logs;
import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.device.DeviceView;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.LiveImage;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import dev.slipway.testkit.Stack;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/// What a large image costs: 2,000 apps of five channels, a million devices that an operator put
/// somewhere, a million on which a version failed, read from the topics of a broker on the same
/// machine by a process with a heap of 600 MiB; then orders to channels, each timed until it is
/// served, while the image answers 1,000 checks a second.
///
/// Arguments: apps, devices of each table, orders.
public final class TableLoad {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private TableLoad() {}

  public static void main(String[] args) throws Exception {
    Logs.asInAService();
    if (args.length > 0 && args[0].equals("read")) {
      read(args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]));
      return;
    }
    int apps = args.length > 0 ? Integer.parseInt(args[0]) : 2_000;
    int devices = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    int orders = args.length > 2 ? Integer.parseInt(args[2]) : 500;
    var kafka = Stack.shared().kafka();
    var clients = new KafkaClients(kafka, "benchmark");
    try (var guard = new TopicGuard(clients, TopicProfile.named("single"))) {
      guard
          .ensure(
              List.of(
                  Topics.APPS,
                  Topics.BUNDLES,
                  Topics.CHANNEL_STATES,
                  Topics.DEVICE_OVERRIDES,
                  Topics.DEVICE_CHANNELS,
                  Topics.DEVICE_FAILURES))
          .toCompletableFuture()
          .get(1, TimeUnit.MINUTES);
    }
    long start = System.nanoTime();
    try (var producer =
        clients.producer(
            "benchmark",
            Duration.ofMillis(20),
            java.util.Map.of(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10))) {
      write(producer, apps, devices);
      producer.flush();
      System.out.printf("written in %.1f s%n", (System.nanoTime() - start) / 1e9);
      var reader =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-Xmx600m",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path") + File.pathSeparator,
                  TableLoad.class.getName(),
                  "read",
                  kafka,
                  Integer.toString(apps),
                  Integer.toString(orders))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      var lines = reader.inputReader();
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(line);
        if (!line.startsWith("loaded")) continue;
        for (int order = 0; order < orders; order++) {
          var state = Fleet.channelState(order % apps, 0, 2 + order, true);
          send(producer, Topics.CHANNEL_STATES, state.key(), state);
          producer.flush();
          LockSupport.parkNanos(20_000_000);
        }
      }
      reader.waitFor();
    }
    System.exit(0);
  }

  private static void write(Producer<String, byte[]> producer, int apps, int devices) {
    for (int app = 0; app < apps; app++) {
      send(producer, Topics.APPS, Fleet.app(app), Fleet.appState(app));
      for (var version : List.of("1.0.1", "1.1.0")) {
        var bundle = Fleet.bundle(app, version);
        send(producer, Topics.BUNDLES, bundle.key(), bundle);
      }
      for (int channel = 0; channel < 5; channel++) {
        var state = Fleet.channelState(app, channel, 1, channel == 0);
        send(producer, Topics.CHANNEL_STATES, state.key(), state);
      }
    }
    var random = Fleet.random();
    for (int i = 0; i < devices; i++) {
      var app = AppId.of(Fleet.app(i % apps));
      var device = Fleet.device(random);
      var key = DeviceEvent.key(app, device);
      send(
          producer,
          Topics.DEVICE_OVERRIDES,
          key,
          new DeviceOverride(app, device, ChannelName.of("test1"), 1, Instant.EPOCH));
      send(
          producer,
          Topics.DEVICE_FAILURES,
          key,
          new DeviceFailures(
              app,
              device,
              1,
              List.of(
                  new DeviceFailures.Failure(
                      Version.of("1.1.0"), DeviceFailures.Kind.START, 1, Instant.now()))));
    }
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

  private static void read(String kafka, int apps, int orders) throws Exception {
    long start = System.nanoTime();
    var clock = Clock.systemUTC();
    var meters = new SimpleMeterRegistry();
    var clients = new KafkaClients(kafka, "reader");
    var devices = new Devices(17);
    var image =
        new LiveImage(new OfferWriter(URI.create("https://ota.example.com")), clock, 64 << 20);
    List<Long> applied = Collections.synchronizedList(new ArrayList<>());
    List<Long> served = Collections.synchronizedList(new ArrayList<>());
    var views =
        List.of(
            new StateView<>(Topics.APPS, clients, clock, meters, image::apps),
            new StateView<>(Topics.BUNDLES, clients, clock, meters, image::bundles),
            new StateView<>(
                Topics.CHANNEL_STATES,
                clients,
                clock,
                meters,
                changes -> {
                  long before = System.nanoTime();
                  image.channels(changes);
                  applied.add(System.nanoTime() - before);
                }));
    var deviceViews = DeviceView.all(devices, clients, clock, meters);
    views.forEach(StateView::start);
    deviceViews.forEach(DeviceView::start);
    while (!views.stream().allMatch(StateView::isCaughtUp)
        || !deviceViews.stream().allMatch(DeviceView::isCaughtUp)) {
      LockSupport.parkNanos(10_000_000);
    }
    double took = (System.nanoTime() - start) / 1e9;
    System.gc();
    long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    long tables = devices.tables().values().stream().mapToLong(table -> table.bytes()).sum();
    System.out.printf(
        "loaded %d apps, %s in %.1f s, %.1f s of CPU; heap in use %d MiB of %d, tables %d MiB%n",
        image.current().apps().size(),
        entries(devices),
        took,
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime()
            / 1e9,
        heap >> 20,
        Runtime.getRuntime().maxMemory() >> 20,
        tables >> 20);
    applied.clear();
    image.tellEpochLag(lag -> served.add(lag.toNanos()));
    System.out.flush();
    Thread.ofPlatform().daemon().start(() -> checks(image, devices, apps));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (served.size() < orders && System.nanoTime() < deadline) {
      LockSupport.parkNanos(10_000_000);
    }
    System.out.printf(
        "orders %d: applied p50 %.2f ms, p99 %.2f ms; written to served p50 %.1f ms, p99 %.1f ms%n",
        served.size(),
        quantile(applied, 0.5),
        quantile(applied, 0.99),
        quantile(served, 0.5),
        quantile(served, 0.99));
    System.exit(0);
  }

  private static String entries(Devices devices) {
    var tables = devices.tables();
    var text = new StringBuilder();
    tables.forEach((name, table) -> text.append(table.size()).append(' ').append(name).append(' '));
    return text.toString().strip();
  }

  private static void checks(LiveImage image, Devices devices, int apps) {
    var random = Fleet.random();
    while (true) {
      var query =
          UpdateQuery.of(
              Fleet.app(random.nextInt(apps)), Fleet.device(random), Fleet.facts(), "1.0.1");
      if (UpdateRules.decide(image.current(), devices, query, Instant.now().getEpochSecond())
          == null) {
        throw new IllegalStateException();
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static double quantile(List<Long> nanos, double q) {
    var sorted = nanos.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[(int) (sorted.length * q)] / 1e6;
  }
}
