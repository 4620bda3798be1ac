/// Sealing, opening and checking bundles.
@NullMarked
package dev.slipway.benchmarks.bundle;

import org.jspecify.annotations.NullMarked;
