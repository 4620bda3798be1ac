@NullMarked
package dev.slipway.ingest.blob;

import org.jspecify.annotations.NullMarked;
