@NullMarked
package dev.slipway.ingest.lineage;

import org.jspecify.annotations.NullMarked;
