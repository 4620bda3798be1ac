/// Runs the benchmarks and tells what they measured as ratios to a baseline of the same run.
@NullMarked
package dev.slipway.benchmarks;

import org.jspecify.annotations.NullMarked;
