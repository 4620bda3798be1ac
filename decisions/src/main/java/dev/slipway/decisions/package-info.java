/** The rules that several parts need. Pure: no clock, no input or output, no state of their own. */
@NullMarked
package dev.slipway.decisions;

import org.jspecify.annotations.NullMarked;
