package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.RolloutEvent;
import java.util.List;
import java.util.Map;

/// What becomes of an order.
public sealed interface Outcome {

  /// It holds. An order that held already gives the same channel and no events; otherwise the
  /// channel is what it was with the events applied, and its state is to be published. A verdict
  /// that is only noted changes the channel without an event, and nothing that is published.
  record Accepted(List<RolloutEvent> events, Channel channel) implements Outcome {
    public Accepted {
      events = List.copyOf(events);
    }
  }

  /// Nothing changes.
  ///
  /// @param facts what was found, for the one who ordered
  record Refused(Reason reason, String detail, Map<String, Object> facts) implements Outcome {
    public Refused {
      facts = Map.copyOf(facts);
    }
  }
}
