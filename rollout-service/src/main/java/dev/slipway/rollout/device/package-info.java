/// Single devices, whatever channel they are on.
@NullMarked
package dev.slipway.rollout.device;

import org.jspecify.annotations.NullMarked;
