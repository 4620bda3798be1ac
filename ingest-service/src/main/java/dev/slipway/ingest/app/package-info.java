@NullMarked
package dev.slipway.ingest.app;

import org.jspecify.annotations.NullMarked;
