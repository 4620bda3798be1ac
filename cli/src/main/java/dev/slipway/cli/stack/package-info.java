/// The local stack: up, down, status, logs.
@NullMarked
package dev.slipway.cli.stack;

import org.jspecify.annotations.NullMarked;
