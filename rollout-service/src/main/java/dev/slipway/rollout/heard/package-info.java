/// How far topics were heard, kept with what they did.
@NullMarked
package dev.slipway.rollout.heard;

import org.jspecify.annotations.NullMarked;
