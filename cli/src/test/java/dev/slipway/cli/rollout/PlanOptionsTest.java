package dev.slipway.cli.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.Refusing;
import dev.slipway.cli.Typing;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.StartRollout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What is sent of a plan that was typed.
class PlanOptionsTest {

  @Test
  void without_settings_the_service_has_the_say() throws Exception {
    assertThat(typed().policy()).isNull();
  }

  /// The defaults that the help shows are those that the service has: whoever names one setting
  /// gets the shipped rest.
  @Test
  void what_is_not_named_is_as_shipped() throws Exception {
    assertThat(typed("--base-rate", "0.01").policy()).isEqualTo(Policy.CAUTIOUS);
    assertThat(typed("--base-rate", "0.1").policy()).isEqualTo(Policy.forBaseRate(0.1, false));
    assertThat(typed("--patience", "0s").policy())
        .isEqualTo(Policy.CAUTIOUS.with(policy -> policy.patience = Duration.ZERO));
  }

  private static StartRollout typed(String... settings) throws Exception {
    var words =
        new ArrayList<Object>(
            List.of("rollout", "start", "--app", "com.example.tides", "--app-version", "2.0.0"));
    words.addAll(List.of("--reason", "a test"));
    words.addAll(List.of(settings));
    try (var service = new Refusing(403, "not-allowed", Map.of())) {
      words.addAll(List.of("--rollout-url", service.address()));
      new Typing(Instant.parse("2026-03-01T12:00:00Z"))
          .with("SLIPWAY_ACCESS_KEY", "none")
          .slipway(words.toArray());
      assertThat(service.bodies()).hasSize(1);
      return Json.STRICT.readValue(service.bodies().getFirst(), StartRollout.class);
    }
  }
}
