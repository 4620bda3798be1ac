/// How fast the update check is, and what a large image costs.
@NullMarked
package dev.slipway.benchmarks.delivery;

import org.jspecify.annotations.NullMarked;
