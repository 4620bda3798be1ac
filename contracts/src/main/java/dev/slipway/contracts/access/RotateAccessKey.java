package dev.slipway.contracts.access;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a successor of an access key, with the same name, roles and apps.
 *
 * @param expiresIn the successor's life, at most 366 days
 * @param overlap how long the old key still opens: at most 30 days, one day unless given; never
 *     beyond its own end
 */
public record RotateAccessKey(Duration expiresIn, @Nullable Duration overlap) {}
