@NullMarked
package dev.slipway.telemetry.stream;

import org.jspecify.annotations.NullMarked;
