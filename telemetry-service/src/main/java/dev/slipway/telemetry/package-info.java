/// Counts attempts to start a release and their outcomes, and judges rollouts by them.
@NullMarked
package dev.slipway.telemetry;

import org.jspecify.annotations.NullMarked;
