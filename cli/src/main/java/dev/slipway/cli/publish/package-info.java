/// Sending releases to the ingest service: what is missing there, several parts at a time, again
/// where the line breaks, and the commit last.
@NullMarked
package dev.slipway.cli.publish;

import org.jspecify.annotations.NullMarked;
