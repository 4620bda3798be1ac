/// What a person sees: lines, colours, progress, JSON.
@NullMarked
package dev.slipway.cli.term;

import org.jspecify.annotations.NullMarked;
