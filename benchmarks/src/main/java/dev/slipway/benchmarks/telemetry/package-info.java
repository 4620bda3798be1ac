/// What it costs to count what devices report.
@NullMarked
package dev.slipway.benchmarks.telemetry;

import org.jspecify.annotations.NullMarked;
