/// How many devices a channel has.
@NullMarked
package dev.slipway.rollout.fleet;

import org.jspecify.annotations.NullMarked;
