package dev.slipway.kit.topic;

import dev.slipway.contracts.topic.Topic;
import java.util.Locale;

/// How large and how safe an installation's topics are.
///
/// @param replication copies of each partition
/// @param minInSync copies that must have a record before it counts as written
public record TopicProfile(
    int devicePartitions, int controlPartitions, short replication, int minInSync) {

  /// One broker.
  public static final TopicProfile SINGLE = new TopicProfile(4, 3, (short) 1, 1);

  /// Three brokers or more, one of which may be away.
  public static final TopicProfile REPLICATED = new TopicProfile(12, 3, (short) 3, 2);

  /// The profile that `slipway.topics.profile` names.
  public static TopicProfile named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "single" -> SINGLE;
      case "replicated" -> REPLICATED;
      default ->
          throw new IllegalArgumentException(
              "slipway.topics.profile is 'single' or 'replicated', not '" + name + "'");
    };
  }

  int partitions(Topic<?> topic) {
    return switch (topic.spread()) {
      case DEVICES -> devicePartitions;
      case CONTROL -> controlPartitions;
    };
  }
}
