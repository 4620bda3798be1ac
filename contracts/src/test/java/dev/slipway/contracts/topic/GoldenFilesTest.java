package dev.slipway.contracts.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.contracts.Examples;
import dev.slipway.contracts.Examples.Example;
import dev.slipway.contracts.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every shape that was ever released stays in {@code golden/TYPE.N.json}. Today's code reads them
 * all; a new shape of a type gets the next number, and no file is ever changed.
 */
class GoldenFilesTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  static List<Example<?>> examples() {
    return Examples.all();
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  <T> void todaysShapeIsTheNewestGoldenFile(Example<T> example) throws IOException {
    // Given
    String type = Message.typeOf(example.value().getClass()).substring("dev.slipway.".length());
    Path newest =
        files().stream()
            .filter(file -> file.getFileName().toString().matches(type + "\\.\\d+\\.json"))
            .reduce((older, newer) -> newer)
            .orElseThrow(() -> new AssertionError("no golden file for " + type));

    // When
    Message message = Message.of(example.topic(), example.key(), example.value(), Examples.NOON);

    // Then
    assertThat(Json.LENIENT.readTree(message.value()))
        .isEqualTo(Json.LENIENT.readTree(Files.readAllBytes(newest)));
    assertThat(Message.read(example.topic(), message.value())).isEqualTo(example.value());
    assertThat(message.headers())
        .containsEntry("ce_type", "dev.slipway." + type)
        .containsEntry("ce_specversion", "1.0")
        .containsEntry("content-type", "application/json");
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyShapeEverReleasedIsRead(Path file) throws IOException {
    // Given
    String type = "dev.slipway." + file.getFileName().toString().replaceFirst("\\..*", "");
    Topic<?> topic =
        Examples.all().stream()
            .filter(example -> Message.typeOf(example.value().getClass()).equals(type))
            .<Topic<?>>map(Example::topic)
            .findFirst()
            .orElseThrow();

    // When
    Object read = Message.read(topic, Files.readAllBytes(file));

    // Then
    assertThat(Message.typeOf(read.getClass())).isEqualTo(type);
  }

  @Test
  void everyTopicHasAnExampleOfEachOfItsKinds() {
    // Given
    var covered =
        Examples.all().stream()
            .<Class<?>>map(example -> example.value().getClass())
            .collect(Collectors.toSet());

    // When
    var kinds =
        Topics.ALL.stream()
            .filter(topic -> topic != Topics.DEAD_LETTERS)
            .map(Topic::type)
            .map(GoldenFilesTest::kindsOf)
            .flatMap(Collection::stream)
            .collect(Collectors.toSet());

    // Then
    assertThat(covered).isEqualTo(kinds);
  }

  @Test
  void aMemberOfALaterVersionIsIgnored() {
    byte[] later =
        """
        {"instance":"e","started_at":"2026-11-22T12:00:00Z","applied":{},"stale":false,
         "at":"2026-11-22T12:00:00Z","of_a_later_version":1}
        """
            .getBytes(StandardCharsets.UTF_8);
    assertThat(Message.read(Topics.EDGE_ACKS, later).instance()).isEqualTo("e");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"instance\":1}",
        "not json",
        "{\"instance\":\"e\"} trailing",
        "{\"applied\":{\"x\":1}}"
      })
  void anythingElseIsMalformed(String text) {
    assertThatThrownBy(() -> Message.read(Topics.EDGE_ACKS, text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedRecordException.class);
  }

  @ParameterizedTest
  @MethodSource("examples")
  <T> void eachMemberIsRequiredOrNullable(Example<T> example) throws IOException {
    // Given
    var value = example.value();
    byte[] written = Message.of(example.topic(), example.key(), value, Examples.NOON).value();

    for (var component : value.getClass().getRecordComponents()) {
      boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
      String member =
          PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component.getName());
      var without = (ObjectNode) Json.LENIENT.readTree(written);
      without.remove(member);
      var withNull = (ObjectNode) Json.LENIENT.readTree(written);
      withNull.putNull(member);

      for (ObjectNode changed : List.of(without, withNull)) {
        // When
        var reading =
            assertThatCode(
                () -> Message.read(example.topic(), Json.LENIENT.writeValueAsBytes(changed)));

        // Then
        if (nullable) {
          reading.doesNotThrowAnyException();
        } else {
          reading.as(member).isInstanceOf(MalformedRecordException.class);
        }
      }
    }
  }

  @Test
  void whatIsTooLargeIsNotParsed() {
    byte[] large = new byte[Message.MAX_VALUE_BYTES + 1];
    assertThatThrownBy(() -> Message.read(Topics.EDGE_ACKS, large))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("bytes");
  }

  @Test
  void aTombstoneCarriesItsRevision() {
    Message message = Message.tombstone(Topics.ACCESS_KEYS, "k3yid001", 9, Examples.NOON);
    assertThat(message.value()).isNull();
    assertThat(message.headers()).containsEntry("ce_revision", "9");
  }

  private static List<Class<?>> kindsOf(Class<?> type) {
    return type.isSealed() ? List.of(type.getPermittedSubclasses()) : List.of(type);
  }
}
