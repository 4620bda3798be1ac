package dev.slipway.contracts.rollout;

/** How many states were said again. */
public record Republished(long apps, long channels, long overrides, long accessKeys) {}
