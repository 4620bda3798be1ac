package dev.slipway.kit.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import java.time.Duration;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class TopicSettingsTest {

  @Test
  void aCompactedTopicIsCompactedSoonAndNeverRunsOut() {
    // When
    var settings = TopicSettings.of(Topics.CHANNEL_STATES, TopicProfile.REPLICATED);
    // Then
    assertThat(settings.partitions()).isEqualTo(3);
    assertThat(settings.configs())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("message.timestamp.type", "CreateTime")
        .containsEntry("min.insync.replicas", "2")
        .containsEntry("segment.ms", "3600000")
        .doesNotContainKey("retention.ms");
  }

  @Test
  void deviceEventsAreDatedByTheBrokerAndKeptAWeek() {
    // When
    var settings = TopicSettings.of(Topics.DEVICE_EVENTS, TopicProfile.SINGLE);
    // Then
    assertThat(settings.partitions()).isEqualTo(4);
    assertThat(settings.configs())
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("message.timestamp.type", "LogAppendTime")
        .containsEntry("retention.ms", Long.toString(Duration.ofDays(7).toMillis()))
        .containsEntry("min.insync.replicas", "1");
  }

  @Test
  void theLargestMessageFitsIntoEveryTopicAndAsADeadLetterToo() {
    for (var topic : Topics.ALL) {
      var most =
          Integer.parseInt(
              TopicSettings.of(topic, TopicProfile.SINGLE).configs().get("max.message.bytes"));
      assertThat(most)
          .isGreaterThan(Message.MAX_VALUE_BYTES)
          .isLessThan(KafkaClients.MAX_REQUEST_BYTES);
    }
    assertThat(bytes(Topics.DEAD_LETTERS.name())).isGreaterThan(bytes(Topics.BUNDLES.name()));
  }

  @Test
  void whatChangesTheMeaningIsObjectedToAndSaysWhatToDo() {
    // Given
    var settings = TopicSettings.of(Topics.APPS, TopicProfile.SINGLE);
    var found = new HashMap<>(settings.configs());
    found.put("cleanup.policy", "delete");
    // When
    var objections = settings.objections("slipway.apps", 12, found);
    // Then
    assertThat(objections).hasSize(2);
    assertThat(objections.get(0))
        .contains("12 partitions", "must have 3", "slipway.topics.profile");
    assertThat(objections.get(1))
        .contains("cleanup.policy=delete", "kafka-configs.sh --alter", "cleanup.policy=compact");
  }

  @Test
  void whatAnOperatorTunesIsOnlyTold() {
    // Given
    var settings = TopicSettings.of(Topics.EDGE_ACKS, TopicProfile.SINGLE);
    var found = new HashMap<>(settings.configs());
    found.put("retention.ms", "1000");
    // When
    var differences = settings.differences(found);
    // Then
    assertThat(settings.objections("slipway.edge-acks", 3, found)).isEmpty();
    assertThat(differences).containsOnlyKeys("retention.ms");
  }

  @Test
  void aProfileIsOneOfTwoWords() {
    assertThat(TopicProfile.named("Replicated")).isEqualTo(TopicProfile.REPLICATED);
    assertThatThrownBy(() -> TopicProfile.named("huge"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'single' or 'replicated'");
  }

  private static int bytes(String topic) {
    return Topics.ALL.stream()
        .filter(it -> it.name().equals(topic))
        .map(it -> TopicSettings.of(it, TopicProfile.SINGLE).configs().get("max.message.bytes"))
        .mapToInt(Integer::parseInt)
        .findFirst()
        .orElseThrow();
  }
}
