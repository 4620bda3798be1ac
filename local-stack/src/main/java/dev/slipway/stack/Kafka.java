package dev.slipway.stack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.common.Uuid;

/// One Kafka node, broker and controller in one process.
final class Kafka {

  private final Path folder;
  private final Program program;
  private final Settings settings;

  Kafka(Path folder, Program program, Settings settings) {
    this.folder = folder;
    this.program = program;
    this.settings = settings;
  }

  int port() {
    return settings.port("kafka.port", 0);
  }

  String bootstrap() {
    return "127.0.0.1:" + port();
  }

  Daemon.Plan plan(boolean runs) throws IOException {
    if (!runs) {
      settings.freePort("kafka.port", 0);
      settings.freePort("kafka-controller.port", 0);
    }
    Path home = Files.createDirectories(folder.resolve("kafka"));
    Path data = home.resolve("data");
    Path properties = home.resolve("server.properties");
    Path logging = home.resolve("log4j2.properties");
    if (!runs) {
      try (var text = Files.newBufferedWriter(properties, UTF_8)) {
        properties(data).store(text, null);
      }
      Files.write(logging, Program.read("kafka-log4j2.properties"));
    }
    Program.Java java = program.java("kafka-broker", "broker/Broker.class");
    List<String> command =
        Jvm.command(
            List.of(
                "-Xms128m",
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + java.classArchive(),
                "-XX:MaxDirectMemorySize=64m",
                "-Dlog4j2.configurationFile=" + logging,
                "-cp",
                java.classPath()),
            "dev.slipway.stack.broker.Broker",
            List.of(properties.toString(), data.toString(), clusterId()));
    return new Daemon.Plan(command, Map.of(), this::isReady, Duration.ofSeconds(90), 1);
  }

  /// One of Kafka's own making: it never begins with a dash, which would be taken for an option.
  private String clusterId() {
    return settings.remember("kafka.cluster-id", () -> Uuid.randomUuid().toString());
  }

  private Properties properties(Path data) {
    String controller = "127.0.0.1:" + settings.port("kafka-controller.port", 0);
    Properties all = new Properties();
    all.putAll(
        Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("node.id", "1"),
            Map.entry("controller.quorum.voters", "1@" + controller),
            Map.entry(
                "listeners", "PLAINTEXT://%s,CONTROLLER://%s".formatted(bootstrap(), controller)),
            Map.entry("advertised.listeners", "PLAINTEXT://" + bootstrap()),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
            Map.entry("log.dirs", data.toString()),
            Map.entry("auto.create.topics.enable", "false"),
            Map.entry("default.replication.factor", "1"),
            Map.entry("num.partitions", "3"),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("offsets.topic.num.partitions", "4"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("transaction.state.log.num.partitions", "4"),
            // Readers wait for what an instance that died had begun: its time is looked at often.
            Map.entry("transaction.abort.timed.out.transaction.cleanup.interval.ms", "2000"),
            Map.entry("share.coordinator.state.topic.replication.factor", "1"),
            Map.entry("share.coordinator.state.topic.min.isr", "1"),
            Map.entry("share.coordinator.state.topic.num.partitions", "1"),
            Map.entry("group.initial.rebalance.delay.ms", "0"),
            Map.entry("num.network.threads", "2"),
            Map.entry("num.io.threads", "4"),
            Map.entry("log.cleaner.dedupe.buffer.size", "8388608"),
            // A broker that comes back after a crash waits until its former self has lost its
            // session.
            Map.entry("broker.heartbeat.interval.ms", "500"),
            Map.entry("broker.session.timeout.ms", "3000")));
    return all;
  }

  /// Whether somebody has one of its ports, while it does not run.
  boolean lostPort() {
    return !Ports.isFree(port()) || !Ports.isFree(settings.port("kafka-controller.port", 0));
  }

  /// Ready is a broker that has joined its own cluster, not just an open port: another stack's has
  /// another.
  private boolean isReady(ProcessHandle process) throws Exception {
    if (Ports.isFree(port())) {
      return false;
    }
    try (Admin admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap(),
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                "3000",
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                "3000"))) {
      DescribeClusterResult cluster = admin.describeCluster();
      return clusterId().equals(cluster.clusterId().get(5, TimeUnit.SECONDS))
          && !cluster.nodes().get(5, TimeUnit.SECONDS).isEmpty();
    }
  }
}
