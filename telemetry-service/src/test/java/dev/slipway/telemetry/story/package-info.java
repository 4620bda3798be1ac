@NullMarked
package dev.slipway.telemetry.story;

import org.jspecify.annotations.NullMarked;
