package dev.slipway.telemetry.verdict;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.decisions.Judge;
import java.util.Optional;

/// By what a rollout is judged. Fixed when it starts, and kept with its evidence, so that it is
/// known after the rollout left the channel's state.
public record Terms(Version version, Policy policy) {

  /// The terms of a rollout, if it is the channel's active one.
  public static Optional<Terms> of(RolloutId rolloutId, ChannelState channel) {
    var rollout = channel.rollout();
    return rollout != null && rollout.rolloutId().equals(rolloutId)
        ? Optional.of(new Terms(rollout.version(), rollout.policy()))
        : Optional.empty();
  }

  /// Names these terms and the rules that apply them.
  public String digest() {
    try {
      byte[] policyBytes = Json.LENIENT.writeValueAsBytes(new Applied(Judge.RULES, policy));
      return Digest.sha256(policyBytes).toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a policy can be written as JSON", e);
    }
  }

  private record Applied(String rules, Policy policy) {}
}
