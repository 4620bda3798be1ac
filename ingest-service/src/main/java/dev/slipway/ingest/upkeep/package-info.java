@NullMarked
package dev.slipway.ingest.upkeep;

import org.jspecify.annotations.NullMarked;
