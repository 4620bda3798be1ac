@NullMarked
package dev.slipway.contracts.rollout;

import org.jspecify.annotations.NullMarked;
