@NullMarked
package dev.slipway.ingest.retry;

import org.jspecify.annotations.NullMarked;
