package dev.slipway.kit.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicWriter;
import dev.slipway.testkit.WithStack;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@WithStack
class TopicGuardIT {

  private final Endpoints stack;
  private final TopicGuard guard;

  TopicGuardIT(Endpoints stack) {
    this.stack = stack;
    this.guard = new TopicGuard(Fresh.clients(stack), TopicProfile.SINGLE);
  }

  @AfterEach
  void close() {
    guard.close();
  }

  @Test
  void allTopicsAreMadeOnceHoweverManyServicesAsk() throws Exception {
    // When
    var asked = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 4; i++) asked.add(guard.ensure(Topics.ALL));
    asked.forEach(CompletableFuture::join);
    guard.ensure(Topics.ALL).join();
    // Then
    try (var admin = Fresh.clients(stack).admin("test")) {
      var names = Topics.ALL.stream().map(Topic::name).toList();
      var found = admin.describeTopics(names).allTopicNames().get();
      assertThat(found.get("slipway.device-events").partitions()).hasSize(4);
      assertThat(found.get("slipway.channel-states").partitions()).hasSize(3);
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, "slipway.channel-states");
      var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      assertThat(config.get("cleanup.policy").value()).isEqualTo("compact");
    }
  }

  @Test
  void anotherPolicyOrNumberOfPartitionsIsRefusedAndLeftAlone() {
    // Given
    var topic = Fresh.compacted();
    try (var writer = new TopicWriter(stack)) {
      writer.createTopic(topic.name(), 5, Map.of("cleanup.policy", "delete"));
    }
    // When
    var ensured = guard.ensure(List.of(topic));
    // Then
    assertThatThrownBy(ensured::join)
        .hasCauseInstanceOf(TopicRefusedException.class)
        .hasMessageContaining("has 5 partitions and must have 3")
        .hasMessageContaining("cleanup.policy=delete and must have compact");
  }

  @Test
  void aClosedGuardGivesUp() {
    // Given
    var nowhere =
        new TopicGuard(new KafkaClients("127.0.0.1:1", "test-service"), TopicProfile.SINGLE);
    // When
    var ensured = nowhere.ensure(List.of(Topics.APPS));
    nowhere.close();
    // Then
    assertThatThrownBy(ensured::join).hasMessageContaining("closed before Kafka answered");
  }
}
