package dev.slipway.cli.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.http.Refused;
import dev.slipway.cli.http.Unreachable;
import dev.slipway.contracts.http.Problem;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatienceTest {

  private final List<Duration> pauses = new ArrayList<>();
  private final Patience patience = new Patience(pauses::add, () -> 0.5);

  @Test
  void a_busy_service_is_asked_again_when_it_said_and_not_earlier() {
    // Given
    var answers = answers(refused(429, Duration.ofSeconds(7)), refused(503, Duration.ofSeconds(2)));

    // When
    String answer = patience.patiently(() -> next(answers));

    // Then
    assertThat(answer).isEqualTo("done");
    assertThat(pauses).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(2));
  }

  @Test
  void a_broken_line_is_tried_again_ever_more_slowly() {
    // Given
    var broken = new Unreachable("ingest", URI.create("http://127.0.0.1:1"), new IOException("x"));
    var answers = answers(broken, broken, broken);

    // When
    patience.patiently(() -> next(answers));

    // Then: with jitter in the middle, three quarters of 250, 500 and 1000 ms
    assertThat(pauses)
        .containsExactly(Duration.ofMillis(187), Duration.ofMillis(375), Duration.ofMillis(750));
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 409, 413, 422})
  void a_refusal_is_an_answer(int status) {
    // Given
    var answers = answers(refused(status, null));

    // When, Then
    assertThatThrownBy(() -> patience.patiently(() -> next(answers))).isInstanceOf(Refused.class);
    assertThat(pauses).isEmpty();
  }

  @Test
  void who_asks_for_an_hour_is_not_waited_for() {
    // Given
    var answers = answers(refused(429, Duration.ofHours(1)));

    // When, Then
    assertThatThrownBy(() -> patience.patiently(() -> next(answers))).isInstanceOf(Refused.class);
    assertThat(pauses).isEmpty();
  }

  @Test
  void it_ends() {
    // Given
    int[] calls = {0};

    // When, Then
    assertThatThrownBy(
            () ->
                patience.patiently(
                    () -> {
                      calls[0]++;
                      throw refused(503, null);
                    }))
        .isInstanceOf(Refused.class);
    assertThat(calls[0]).isEqualTo(8);
    assertThat(pauses).hasSize(7).allMatch(pause -> pause.compareTo(Duration.ofSeconds(15)) <= 0);
  }

  private static Refused refused(int status, @Nullable Duration retryAfter) {
    return new Refused(Problem.of(status, "a-slug", "A test.", Map.of()), retryAfter);
  }

  private static Deque<RuntimeException> answers(RuntimeException... failures) {
    return new ArrayDeque<>(List.of(failures));
  }

  private static String next(Deque<RuntimeException> answers) {
    RuntimeException failure = answers.poll();
    if (failure != null) throw failure;
    return "done";
  }
}
