/// What the delivery instances acknowledge.
@NullMarked
package dev.slipway.rollout.edge;

import org.jspecify.annotations.NullMarked;
