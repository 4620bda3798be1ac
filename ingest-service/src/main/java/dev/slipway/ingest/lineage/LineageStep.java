package dev.slipway.ingest.lineage;

import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.PublisherCertificate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a version of any signed format changes of its app's lineage.
///
/// @param leaf signs from now on
/// @param predecessor signed before; absent at the beginning
/// @param from handed over, where somebody did
/// @param grace set if that one had ended when it handed over
public record LineageStep(
    Signer leaf,
    @Nullable Digest predecessor,
    @Nullable Signer from,
    Continuity.@Nullable Grace grace) {

  /// A certificate, with what is remembered of it.
  ///
  /// @param fingerprint SHA-256 of its DER
  /// @param key SHA-256 of its public key
  public record Signer(
      Digest fingerprint, byte[] der, Digest key, Instant notBefore, Instant notAfter) {

    static Signer of(PublisherCertificate certificate) {
      return new Signer(
          certificate.fingerprint(),
          certificate.der(),
          certificate.keyFingerprint(),
          certificate.notBefore(),
          certificate.notAfter());
    }
  }
}
