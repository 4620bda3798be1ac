package dev.slipway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// What other services would write about a rollout and the devices that it reaches.
final class Fleet implements AutoCloseable {

  private final KafkaProducer<String, byte[]> producer;

  Fleet(String kafka) {
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                kafka,
                ProducerConfig.LINGER_MS_CONFIG,
                "5"),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /// The rollout is under way.
  void rollOut(RolloutId rollout) throws Exception {
    var state =
        new ChannelState(
            PluginTrace.APP,
            PluginTrace.CHANNEL,
            System.currentTimeMillis(),
            Version.BUILTIN,
            null,
            new ActiveRollout(
                rollout,
                Version.of("1.4.2"),
                "AAAAAAAAAAAAAAAAAAAAAA",
                Exposure.ALL,
                Exposure.NONE,
                0,
                false,
                Policy.CAUTIOUS,
                PluginTrace.START),
            Set.of(),
            Set.of(),
            ChannelRules.DEFAULT,
            Instant.now());
    write(Topics.CHANNEL_STATES, state.key(), state).get();
  }

  /// Devices with these numbers try the version; one of so many fails, on every network alike.
  static List<Reported> reports(RolloutId rollout, int from, int to, int oneOf) {
    var reports = new ArrayList<Reported>();
    for (int i = from; i < to; i++) {
      var device = Reports.of(i, rollout);
      reports.add(device.before());
      reports.add(device.say("set", Duration.ofSeconds(i)));
      reports.add(
          device.say(
              i / Reports.NETWORKS % oneOf == 0 ? "update_fail" : "app_launch_ready",
              Duration.ofSeconds(i + 20L)));
    }
    return reports;
  }

  void tell(List<Reported> reports) throws Exception {
    var sent = new ArrayList<Future<?>>();
    for (var report : reports) sent.add(write(Topics.DEVICE_EVENTS, report.key(), report));
    producer.flush();
    for (var each : sent) each.get();
  }

  <T> Future<?> write(Topic<T> topic, String key, T value) {
    var message = Message.of(topic, key, value, Instant.now());
    var record = new ProducerRecord<>(topic.name(), key, message.value());
    message
        .headers()
        .forEach((name, text) -> record.headers().add(name, Message.headerBytes(text)));
    return producer.send(record);
  }

  /// The newest verdict, after it was made sure that revisions rise in the log.
  static Optional<Verdict> newest(List<ConsumerRecord<String, byte[]>> records, RolloutId rollout) {
    var verdicts =
        records.stream()
            .filter(record -> record.key().equals(rollout.text()))
            .map(record -> Message.read(Topics.ROLLOUT_VERDICTS, record.value()))
            .toList();
    assertThat(verdicts)
        .extracting(Verdict::revision)
        .isSortedAccordingTo(Comparator.naturalOrder())
        .doesNotHaveDuplicates();
    return verdicts.isEmpty() ? Optional.empty() : Optional.of(verdicts.getLast());
  }

  @Override
  public void close() {
    producer.close();
  }
}
