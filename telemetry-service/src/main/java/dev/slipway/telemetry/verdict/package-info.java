/// What is known about one rollout, and when a verdict is due. Pure.
@NullMarked
package dev.slipway.telemetry.verdict;

import org.jspecify.annotations.NullMarked;
