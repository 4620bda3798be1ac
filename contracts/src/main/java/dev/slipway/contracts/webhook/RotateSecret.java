package dev.slipway.contracts.webhook;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gives a webhook a new secret and key.
 *
 * @param overlap how long messages are signed with the old ones too; at most 30 days, one day
 *     unless given
 */
public record RotateSecret(@Nullable Duration overlap) {}
