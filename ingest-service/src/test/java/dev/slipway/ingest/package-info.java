@NullMarked
package dev.slipway.ingest;

import org.jspecify.annotations.NullMarked;
