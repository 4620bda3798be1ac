/// Apps, channels and rollouts.
@NullMarked
package dev.slipway.cli.rollout;

import org.jspecify.annotations.NullMarked;
