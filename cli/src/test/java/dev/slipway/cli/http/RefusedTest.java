package dev.slipway.cli.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.http.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RefusedTest {

  @Test
  void a_refusal_shows_detail_slug_and_facts() {
    // Given
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("found", "COMPLETED");
    facts.put("missing", List.of("a", "b"));

    // When
    var refused = new Refused(Problem.of(409, "already-ended", "This rollout has ended.", facts));

    // Then
    assertThat(refused)
        .hasMessage(
            """
            This rollout has ended.
              (already-ended, HTTP 409)
              found: COMPLETED
              missing: [a, b]""");
  }

  @Test
  void a_refusal_without_a_detail_shows_its_title() {
    // When
    var refused = new Refused(new Problem("x/not-found", "Not found", 404, null, Map.of()));

    // Then
    assertThat(refused).hasMessage("Not found\n  (not-found, HTTP 404)");
  }
}
