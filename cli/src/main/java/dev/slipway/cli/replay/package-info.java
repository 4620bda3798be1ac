/// Judges rollouts again from what the log holds: do the recorded verdicts come out, and what would
/// other settings have done?
@NullMarked
package dev.slipway.cli.replay;

import org.jspecify.annotations.NullMarked;
