package dev.slipway.kit.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class StateTableTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  private final StateTable<AccessKey> table = new StateTable<>(Topics.ACCESS_KEYS);
  private long nextOffset;

  @Test
  void aNewerStateReplacesAndAnOlderOrEqualOneDoesNothing() {
    // Given
    apply(state("a", 2, "second"));
    // When
    var effects =
        List.of(
            apply(state("a", 2, "repeated")),
            apply(state("a", 1, "first")),
            apply(state("a", 3, "third")));
    // Then
    assertThat(effects.get(0)).isInstanceOf(StateTable.Effect.Known.class);
    assertThat(effects.get(1)).isInstanceOf(StateTable.Effect.Known.class);
    assertThat(effects.get(2)).isInstanceOf(StateTable.Effect.Changed.class);
    assertThat(table.values().get("a").name()).isEqualTo("third");
  }

  @Test
  void aTombstoneRemovesAndNoOlderStateComesBack() {
    // Given
    apply(state("a", 1, "first"));
    // When
    var removal = apply(tombstone("a", 2));
    apply(state("a", 1, "first"));
    apply(state("a", 2, "as old as the tombstone"));
    // Then
    assertThat(removal)
        .isEqualTo(new StateTable.Effect.Changed<>(new StateView.Change<>("a", null)));
    assertThat(table.values()).isEmpty();
    apply(state("a", 3, "made anew"));
    assertThat(table.values()).containsOnlyKeys("a");
  }

  @Test
  void anOldTombstoneRemovesNothing() {
    // Given
    apply(state("a", 5, "fifth"));
    // When
    var effect = apply(tombstone("a", 4));
    // Then
    assertThat(effect).isInstanceOf(StateTable.Effect.Known.class);
    assertThat(table.values()).containsOnlyKeys("a");
  }

  @Test
  void anUnreadableRecordKeepsTheLastGoodStateAndHoldsTheAcknowledgement() {
    // Given
    apply(state("a", 1, "first"));
    apply(state("b", 1, "other"));
    // When
    var effect = apply(poison("a", 2));
    apply(state("b", 2, "other's second"));
    // Then
    assertThat(effect).isInstanceOf(StateTable.Effect.Unreadable.class);
    assertThat(table.values().get("a").name()).isEqualTo("first");
    assertThat(table.values().get("b").name()).isEqualTo("other's second");
    assertThat(table.applied(0, nextOffset)).isEqualTo(2);
    assertThat(table.applied(1, 17)).isEqualTo(17);
  }

  @Test
  void aLaterStateOfTheSameKeyReleasesTheAcknowledgement() {
    // Given
    apply(state("a", 1, "first"));
    apply(poison("a", 2));
    // When
    apply(state("a", 3, "third"));
    // Then
    assertThat(table.applied(0, nextOffset)).isEqualTo(nextOffset);
    assertThat(table.values().get("a").name()).isEqualTo("third");
  }

  @Test
  void aRepetitionOfAnOlderStateDoesNotReleaseTheAcknowledgement() {
    // Given
    apply(state("a", 1, "first"));
    apply(poison("a", 2));
    // When
    apply(state("a", 1, "first"));
    // Then
    assertThat(table.applied(0, nextOffset)).isEqualTo(1);
  }

  @Test
  void anUnreadableRepetitionOfWhatIsKnownHoldsNothing() {
    // Given
    apply(state("a", 2, "second"));
    // When
    apply(poison("a", 2));
    // Then
    assertThat(table.applied(0, nextOffset)).isEqualTo(nextOffset);
  }

  @Test
  void aTombstoneWithoutARevisionIsUnreadable() {
    // Given
    apply(state("a", 1, "first"));
    // When
    var effect = apply(new Message("a", null, Map.of()));
    // Then
    assertThat(effect).isInstanceOf(StateTable.Effect.Unreadable.class);
    assertThat(table.values()).containsOnlyKeys("a");
  }

  @Test
  void aRecordWithoutAKeyIsNobodysState() {
    // When
    var effect = table.apply(new ConsumerRecord<>("t", 0, 0, null, new byte[] {1}));
    // Then
    assertThat(effect).isInstanceOf(StateTable.Effect.Unreadable.class);
    assertThat(table.applied(0, 1)).isEqualTo(1);
  }

  @Test
  void aLogThatBeginsAnewForgetsTheOldGaps() {
    // Given
    apply(poison("a", 2));
    // When
    table.forgetGaps(0);
    // Then
    assertThat(table.applied(0, 5)).isEqualTo(5);
  }

  @Test
  void anyCutAndAnyRepetitionEndInTheSameTable() {
    long seed = System.nanoTime();
    System.out.println("seed of anyCutAndAnyRepetitionEndInTheSameTable: " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      // Given
      var log = randomLog(random);
      var straight = new StateTable<>(Topics.ACCESS_KEYS);
      log.forEach(straight::apply);
      // When
      var cut = new StateTable<>(Topics.ACCESS_KEYS);
      int read = 0;
      while (read < log.size()) {
        int from = random.nextInt(read + 1);
        int to = read + 1 + random.nextInt(log.size() - read);
        log.subList(from, to).forEach(cut::apply);
        read = to;
      }
      // Then
      assertThat(cut.values()).isEqualTo(straight.values());
      assertThat(cut.applied(0, log.size())).isEqualTo(straight.applied(0, log.size()));
    }
  }

  private static List<ConsumerRecord<String, byte[]>> randomLog(Random random) {
    var revisions = new HashMap<String, Long>();
    var log = new ArrayList<ConsumerRecord<String, byte[]>>();
    int length = 1 + random.nextInt(40);
    for (int offset = 0; offset < length; offset++) {
      var key = String.valueOf((char) ('a' + random.nextInt(4)));
      long revision = revisions.merge(key, 1L, Long::sum);
      log.add(
          record(
              offset,
              switch (random.nextInt(6)) {
                case 0 -> tombstone(key, revision);
                case 1 -> poison(key, revision);
                default -> state(key, revision, "revision " + revision);
              }));
    }
    return log;
  }

  private StateTable.Effect<AccessKey> apply(Message message) {
    return table.apply(record(nextOffset++, message));
  }

  static ConsumerRecord<String, byte[]> record(long offset, Message message) {
    var record =
        new ConsumerRecord<>("slipway.access-keys", 0, offset, message.key(), message.value());
    message
        .headers()
        .forEach((name, text) -> record.headers().add(name, Message.headerBytes(text)));
    return record;
  }

  static Message state(String key, long revision, String name) {
    return Message.of(
        Topics.ACCESS_KEYS,
        key,
        new AccessKey(
            key,
            revision,
            name,
            key,
            Digest.sha256(key.getBytes(StandardCharsets.UTF_8)),
            Set.of(Role.VIEWER),
            Set.of(),
            NOW,
            NOW.plus(Duration.ofDays(30))),
        NOW);
  }

  static Message tombstone(String key, long revision) {
    return Message.tombstone(Topics.ACCESS_KEYS, key, revision, NOW);
  }

  static Message poison(String key, long revision) {
    return new Message(
        key,
        "{\"key_id\":".getBytes(StandardCharsets.UTF_8),
        Map.of(Message.REVISION, Long.toString(revision)));
  }
}
