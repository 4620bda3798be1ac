package dev.slipway.contracts.release;

import dev.slipway.bundle.Digest;
import java.time.Instant;
import java.util.List;

/**
 * A delegation that the service has.
 *
 * @param signer fingerprint of the publisher's certificate that signed it
 * @param channels the channels that it speaks about; {@code *} for all
 * @param keys ids of the release keys that it names
 * @param daysLeft whole days until its end, 0 after it
 */
public record DelegationView(
    Digest id,
    Digest signer,
    List<String> channels,
    List<Digest> keys,
    Instant issuedAt,
    Instant expiresAt,
    long daysLeft) {
  public DelegationView {
    channels = List.copyOf(channels);
    keys = List.copyOf(keys);
  }
}
