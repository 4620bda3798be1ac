/// Channels and rollouts around the rules of `plan`: rows, transactions, HTTP, verdicts, the clock.
@NullMarked
package dev.slipway.rollout.channel;

import org.jspecify.annotations.NullMarked;
