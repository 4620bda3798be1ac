/// How state is laid out in bytes.
@NullMarked
package dev.slipway.telemetry.packed;

import org.jspecify.annotations.NullMarked;
