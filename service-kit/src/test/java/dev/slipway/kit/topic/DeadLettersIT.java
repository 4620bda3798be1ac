package dev.slipway.kit.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Endpoints;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.WithStack;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

@WithStack
class DeadLettersIT {

  private final Endpoints stack;

  DeadLettersIT(Endpoints stack) {
    this.stack = stack;
  }

  @Test
  void aRecordIsPutAsideAsItCameWithItsReason() {
    // Given
    Fresh.create(stack, Topics.DEAD_LETTERS);
    var source = "slipway.test-" + UUID.randomUUID();
    var record =
        new ConsumerRecord<>(
            source, 2, 41, "app/device", "{\"not\": the".getBytes(StandardCharsets.UTF_8));
    record.headers().add(Message.ID, Message.headerBytes("the id"));
    try (var letters = new DeadLetters(Fresh.clients(stack), new SimpleMeterRegistry());
        var reader = TopicReader.fromNow(stack, Topics.DEAD_LETTERS.name())) {
      // When
      letters.send(record, new MalformedRecordException("not JSON")).join();
      // Then
      var letter = reader.untilCount(1).getFirst();
      assertThat(letter.key()).isEqualTo(source + "-2-41");
      assertThat(letter.value()).isEqualTo(record.value());
      assertThat(header(letter, Message.ID)).isEqualTo("the id");
      assertThat(header(letter, DeadLetters.CAUSE)).isEqualTo("not JSON");
      assertThat(header(letter, DeadLetters.CAUSE_TYPE)).endsWith("MalformedRecordException");
      assertThat(header(letter, DeadLetters.TOPIC)).isEqualTo(source);
      assertThat(header(letter, DeadLetters.PARTITION)).isEqualTo("2");
      assertThat(header(letter, DeadLetters.OFFSET)).isEqualTo("41");
      assertThat(header(letter, DeadLetters.SERVICE)).isEqualTo("test-service");
    }
  }

  @Test
  void theLargestRecordHasRoom() {
    // Given
    Fresh.create(stack, Topics.DEAD_LETTERS);
    var value = new byte[Message.MAX_VALUE_BYTES];
    Arrays.fill(value, (byte) 'x');
    var record = new ConsumerRecord<>("slipway.bundles", 0, 7, "key", value);
    try (var letters = new DeadLetters(Fresh.clients(stack), new SimpleMeterRegistry());
        var reader = TopicReader.fromNow(stack, Topics.DEAD_LETTERS.name())) {
      // When
      letters.send(record, new IllegalStateException("x".repeat(100_000))).join();
      // Then
      assertThat(reader.untilCount(1).getFirst().value()).hasSize(Message.MAX_VALUE_BYTES);
    }
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }
}
