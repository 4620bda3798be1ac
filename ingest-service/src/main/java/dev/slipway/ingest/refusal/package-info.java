@NullMarked
package dev.slipway.ingest.refusal;

import org.jspecify.annotations.NullMarked;
