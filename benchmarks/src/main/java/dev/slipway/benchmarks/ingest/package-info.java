/// What publishers wait for, and what it costs.
@NullMarked
package dev.slipway.benchmarks.ingest;

import org.jspecify.annotations.NullMarked;
