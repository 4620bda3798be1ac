package dev.slipway.delivery.agent;

import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.delivery.image.ChannelImage;

/// What an agent is told when it asks whether there is something new.
sealed interface AgentDecision {

  /// It is to install this bundle.
  ///
  /// @param candidate whether it is the candidate of the channel's rollout, not its baseline
  /// @param steppingStone whether it only leads to the one that is meant
  record Offer(ChannelImage channel, BundleState bundle, boolean candidate, boolean steppingStone)
      implements AgentDecision {}

  /// It is to go back to what the store delivered.
  record ToBuiltin(ChannelImage channel) implements AgentDecision {}

  /// It stays on what it runs.
  record Nothing(ChannelImage channel, Why why) implements AgentDecision {}

  /// No channel is for it.
  record NoChannel() implements AgentDecision {}

  /// No hand-over leads from the certificate that it trusts to the one that signs now: it must be
  /// installed anew.
  record LineageEnded() implements AgentDecision {}

  /// Why an agent gets nothing.
  enum Why {
    UP_TO_DATE,
    HELD,
    FAILED_ON_DEVICE,
    BELOW_FLOOR,
    NOT_COMPATIBLE,
    NO_BUNDLE
  }
}
