/// What one device went through, and what of it counts. Pure: reports go in, changes of counts come
/// out.
@NullMarked
package dev.slipway.telemetry.story;

import org.jspecify.annotations.NullMarked;
