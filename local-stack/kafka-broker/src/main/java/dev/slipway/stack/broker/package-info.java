/// The broker's way into its process.
@NullMarked
package dev.slipway.stack.broker;

import org.jspecify.annotations.NullMarked;
