/// The control plane under load.
@NullMarked
package dev.slipway.benchmarks.rollout;

import org.jspecify.annotations.NullMarked;
