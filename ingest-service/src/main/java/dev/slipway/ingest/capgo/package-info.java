@NullMarked
package dev.slipway.ingest.capgo;

import org.jspecify.annotations.NullMarked;
