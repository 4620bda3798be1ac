@NullMarked
package dev.slipway.ingest.air;

import org.jspecify.annotations.NullMarked;
