package dev.slipway.kit.topic;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.stack.Endpoints;
import java.util.List;
import java.util.UUID;

/// Topics that only one test uses.
public final class Fresh {

  private Fresh() {}

  /// A compacted topic, created.
  public static Topic<AccessKey> compacted(Endpoints stack) {
    var topic = compacted();
    create(stack, topic);
    return topic;
  }

  /// A compacted topic that isn't there yet.
  public static Topic<AccessKey> compacted() {
    return new Topic<>(
        "slipway.test-" + UUID.randomUUID(),
        AccessKey.class,
        "test",
        Topic.Spread.CONTROL,
        new Topic.Compacted(),
        Topic.Stamped.BY_PRODUCER);
  }

  public static void create(Endpoints stack, Topic<?>... topics) {
    try (var guard = new TopicGuard(clients(stack), TopicProfile.SINGLE)) {
      guard.ensure(List.of(topics)).join();
    }
  }

  public static KafkaClients clients(Endpoints stack) {
    return new KafkaClients(stack.kafka(), "test-service");
  }
}
