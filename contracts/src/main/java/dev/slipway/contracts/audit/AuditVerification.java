package dev.slipway.contracts.audit;

import dev.slipway.bundle.Digest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a look at the whole audit.
 *
 * @param entries how many lines hold
 * @param head the hash of the last line that holds
 * @param brokenAt the first line that does not follow from the one before it
 * @param fault what is wrong there
 * @param checkpoints how many signed checkpoints agree with the lines
 */
public record AuditVerification(
    Instant at,
    long entries,
    Digest head,
    @Nullable Long brokenAt,
    @Nullable String fault,
    long checkpoints) {

  public boolean holds() {
    return fault == null;
  }
}
