package dev.slipway.contracts.bundle;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A certificate of an app's publisher.
 *
 * @param certificate SHA-256 of its DER
 * @param status what it counts for
 * @param notBefore the first second of its life; absent while only its fingerprint is known
 * @param notAfter the last second of its life
 * @param daysLeft whole days until then; 0 once it has ended
 * @param graceEndsAt until when it can hand over to a successor
 * @param graceDaysLeft whole days until then, once its life is over; absent before
 * @param predecessor the certificate that it followed
 * @param version the version that it followed in; absent for one that has signed nothing yet
 * @param since when that version was accepted, or when it was pinned
 * @param reason why it was pinned or revoked
 * @param revokedAt since when nothing that it signed is accepted
 */
public record CertificateView(
    Digest certificate,
    Status status,
    @Nullable Instant notBefore,
    @Nullable Instant notAfter,
    @Nullable Long daysLeft,
    @Nullable Instant graceEndsAt,
    @Nullable Long graceDaysLeft,
    @Nullable Digest predecessor,
    @Nullable Version version,
    @Nullable Instant since,
    @Nullable String reason,
    @Nullable Instant revokedAt) {

  /** What a certificate counts for. */
  public enum Status {
    /** Signs the app's bundles now. */
    CURRENT,
    /** Signed them once. */
    FORMER,
    /** May follow, or issues those who sign. */
    PINNED,
    /** Nothing that it signed is accepted. */
    REVOKED
  }
}
