package dev.slipway.telemetry.story;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is known besides a report.
///
/// @param startedAt when the rollout of its stamp started; absent while unknown
/// @param returnTime within which devices of the app usually come back; absent while no rollout of
///     it was completed
public record Surroundings(@Nullable Instant startedAt, @Nullable Duration returnTime) {

  public static final Surroundings UNKNOWN = new Surroundings(null, null);
}
