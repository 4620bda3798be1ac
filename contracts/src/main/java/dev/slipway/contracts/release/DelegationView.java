package dev.slipway.contracts.release;

import dev.slipway.bundle.Digest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A delegation that the service has.
 *
 * @param id SHA-256 of its text
 * @param signer fingerprint of the publisher's certificate that signed it
 * @param channels the channels that it speaks about; {@code *} for all
 * @param keys ids of the release keys that it names
 * @param daysLeft whole days until its end, 0 after it
 * @param revokedAt when somebody took it back
 */
public record DelegationView(
    Digest id,
    Digest signer,
    State state,
    List<String> channels,
    List<Digest> keys,
    Instant issuedAt,
    Instant expiresAt,
    long daysLeft,
    @Nullable Instant revokedAt) {
  public DelegationView {
    channels = List.copyOf(channels);
    keys = List.copyOf(keys);
  }

  /** Whether statements are signed by its word. */
  public enum State {
    IN_FORCE,
    ENDED,
    REVOKED
  }
}
