package dev.slipway.contracts.bundle;

import dev.slipway.bundle.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Asks that one exception be allowed for one coming version. A second person approves it; then it
 * counts once, within a day.
 *
 * @param certificate whom it is about; not for {@link Kind#EPOCH_JUMP}
 * @param securityEpoch the exact epoch that may be reached; for {@link Kind#EPOCH_JUMP} alone
 * @param reason for whoever reads it later: 1 to 500 characters
 */
public record NewUnlock(
    Kind kind, @Nullable Digest certificate, @Nullable Long securityEpoch, String reason) {

  /** What is not allowed otherwise. */
  public enum Kind {
    /** The certificate signed for the app before, and may follow the present one again. */
    RETURN_TO_FORMER,
    /**
     * The certificate may sign without that the present one hands over to it: after a revocation,
     * or when its grace is over. Devices that trust the present one have to be installed anew.
     */
    NEW_LINEAGE,
    /** The security epoch may rise by more than one. */
    EPOCH_JUMP
  }
}
