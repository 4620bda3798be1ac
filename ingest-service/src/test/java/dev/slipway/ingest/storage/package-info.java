@NullMarked
package dev.slipway.ingest.storage;

import org.jspecify.annotations.NullMarked;
