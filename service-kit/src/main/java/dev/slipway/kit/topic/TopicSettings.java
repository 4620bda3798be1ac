package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.TopicConfig;

/// What Kafka has to know of a topic, and how far a topic that is there already may differ.
record TopicSettings(int partitions, Map<String, String> configs) {

  /// Room for a record's headers, and for the cause that a dead letter carries besides.
  private static final int MAX_RECORD_BYTES = Message.MAX_VALUE_BYTES + (64 << 10);

  private static final int MAX_DEAD_LETTER_BYTES = MAX_RECORD_BYTES + (64 << 10);

  /// Only closed segments are compacted, and control topics are small: without this a topic would
  /// keep its whole history, and every start would read it.
  private static final Duration COMPACTED_SEGMENT = Duration.ofHours(1);

  private static final String COMPACT_WHEN_DIRTY = "0.1";

  /// What was replaced or deleted is gone from the log after this time at the latest, however
  /// little is written: with the day for which Kafka keeps tombstones, ids of devices leave within
  /// 7 days.
  private static final Duration COMPACTED_WITHIN = Duration.ofDays(5);

  /// A segment goes as a whole, after its youngest record: a tenth more time than was asked for.
  private static final int SEGMENTS_PER_RETENTION = 10;

  /// Settings on which meaning depends; the others are the operator's to tune.
  private static final List<String> FIRM =
      List.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG);

  static TopicSettings of(Topic<?> topic, TopicProfile profile) {
    var configs = new TreeMap<String, String>();
    switch (topic.kept()) {
      case Topic.Compacted _ -> {
        configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        configs.put(TopicConfig.SEGMENT_MS_CONFIG, millis(COMPACTED_SEGMENT));
        configs.put(TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, COMPACT_WHEN_DIRTY);
        configs.put(TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, millis(COMPACTED_WITHIN));
      }
      case Topic.For(var time) -> {
        configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        configs.put(TopicConfig.RETENTION_MS_CONFIG, millis(time));
        configs.put(TopicConfig.SEGMENT_MS_CONFIG, millis(time.dividedBy(SEGMENTS_PER_RETENTION)));
      }
    }
    configs.put(
        TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
        switch (topic.stamped()) {
          case BY_PRODUCER -> "CreateTime";
          case BY_BROKER -> "LogAppendTime";
        });
    configs.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(profile.minInSync()));
    configs.put(
        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
        Integer.toString(topic.type() == byte[].class ? MAX_DEAD_LETTER_BYTES : MAX_RECORD_BYTES));
    return new TopicSettings(profile.partitions(topic), configs);
  }

  /// What is wrong with a topic that has these partitions and settings, each with what to do.
  List<String> objections(String topic, int foundPartitions, Map<String, String> found) {
    var objections = new ArrayList<String>();
    if (foundPartitions != partitions) {
      objections.add(
          "Topic %s has %d partitions and must have %d: keys would change their partition. Choose the slipway.topics.profile that it was made with, or delete the topic, let Slipway create it and re-emit the states."
              .formatted(topic, foundPartitions, partitions));
    }
    for (var name : FIRM) {
      var wanted = configs.get(name);
      if (wanted != null && !wanted.equals(found.get(name))) {
        objections.add(
            "Topic %s has %s=%s and must have %s. Change it: kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config %s=%s"
                .formatted(topic, name, found.get(name), wanted, topic, name, wanted));
      }
    }
    return List.copyOf(objections);
  }

  /// The settings that an operator has tuned: name, then `found instead of wanted`.
  Map<String, String> differences(Map<String, String> found) {
    var differences = new TreeMap<String, String>();
    configs.forEach(
        (name, wanted) -> {
          var other = found.get(name);
          if (!FIRM.contains(name) && !wanted.equals(other)) {
            differences.put(name, other + " instead of " + wanted);
          }
        });
    return differences;
  }

  private static String millis(Duration time) {
    return Long.toString(time.toMillis());
  }
}
