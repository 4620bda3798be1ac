/** Whose word agents believe about what a channel offers. */
@NullMarked
package dev.slipway.contracts.release;

import org.jspecify.annotations.NullMarked;
