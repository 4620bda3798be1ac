package dev.slipway.contracts.audit;

import dev.slipway.bundle.Digest;
import java.time.Instant;

/**
 * What the service signed about its audit.
 *
 * @param seq the newest line that it covers
 * @param hash that line's hash
 * @param note the signed note (C2SP): origin, number of lines, hash, signature
 * @param key the note's verifier key, {@code name+id+base64}
 */
public record AuditCheckpoint(long seq, Digest hash, Instant at, String note, String key) {}
