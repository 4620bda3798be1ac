package dev.slipway.contracts.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.contracts.Json;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The settings of a rollout as they travel. */
class PolicyTest {

  @Test
  void isPatientForAnHourUnlessAsked() throws Exception {
    ObjectNode asked = Json.STRICT.valueToTree(Policy.CAUTIOUS);
    assertThat(asked.get("patience").asText()).isEqualTo("PT1H");
    asked.remove("patience");

    var policy = Json.STRICT.treeToValue(asked, Policy.class);

    assertThat(policy).isEqualTo(Policy.CAUTIOUS);
    assertThat(policy.patience()).isEqualTo(Duration.ofHours(1));
    asked.put("patience", "PT0S");
    assertThat(Json.STRICT.treeToValue(asked, Policy.class).patience()).isZero();
    asked.put("patience", "-PT1S");
    assertThatThrownBy(() -> Json.STRICT.treeToValue(asked, Policy.class))
        .isInstanceOf(ValueInstantiationException.class)
        .hasMessageContaining("patience is not negative");
  }

  @Test
  void changesWhatIsNamedAndNothingElse() {
    var changed = Policy.CAUTIOUS.with(policy -> policy.minNetworks = 3);

    assertThat(changed.minNetworks()).isEqualTo(3);
    assertThat(changed).isNotEqualTo(Policy.CAUTIOUS);
    assertThat(changed.with(policy -> policy.minNetworks = 10)).isEqualTo(Policy.CAUTIOUS);
    assertThatThrownBy(() -> Policy.CAUTIOUS.with(policy -> policy.minNetworks = 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
