package dev.slipway.contracts.rollout;

import dev.slipway.contracts.Version;
import org.jspecify.annotations.Nullable;

/**
 * Never to offer a version again on any channel of the app.
 *
 * @param force even where it is a baseline: these channels fall back to their previous one
 * @param reason why, for those who read it later; 1 to 500 characters
 */
public record QuarantineOrder(Version version, @Nullable Boolean force, String reason) {}
