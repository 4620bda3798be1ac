@NullMarked
package dev.slipway.contracts.telemetry;

import org.jspecify.annotations.NullMarked;
