/// What a rollout would do, before it does it.
@NullMarked
package dev.slipway.rollout.preview;

import org.jspecify.annotations.NullMarked;
