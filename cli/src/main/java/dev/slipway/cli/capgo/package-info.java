/// Bundles as the stock Capgo plugin takes them, and as the Capgo command line makes them.
@NullMarked
package dev.slipway.cli.capgo;

import org.jspecify.annotations.NullMarked;
