@NullMarked
package dev.slipway.ingest.bundle;

import org.jspecify.annotations.NullMarked;
