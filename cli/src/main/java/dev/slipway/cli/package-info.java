/// The `slipway` command: its root, its settings, what goes wrong.
@NullMarked
package dev.slipway.cli;

import org.jspecify.annotations.NullMarked;
