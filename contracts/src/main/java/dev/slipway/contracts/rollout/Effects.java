package dev.slipway.contracts.rollout;

import java.util.List;

/** What an order about several channels has done, in the order of the channels' names. */
public record Effects(List<RolloutEvent> events) {
  public Effects {
    events = List.copyOf(events);
  }
}
