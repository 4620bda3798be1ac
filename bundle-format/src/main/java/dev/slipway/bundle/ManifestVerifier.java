package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_UNTRUSTED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;

import dev.slipway.bundle.SignatureHeader.Role;
import dev.slipway.bundle.SignedManifest.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides whether bytes are a manifest of the publisher that one trusts. Cheap checks come first;
 * nothing of the manifest leaves before all have passed.
 */
public final class ManifestVerifier {

  private ManifestVerifier() {}

  /**
   * Verifies a signed manifest.
   *
   * @param jws the bytes of {@code manifest.jws.json}
   * @param pinnedLeaf the fingerprint of the certificate that is trusted for the app
   * @param time the time at which the certificate must be valid
   * @throws BundleException if anything about it is not as it must be
   */
  public static VerifiedManifest verify(byte[] jws, Digest pinnedLeaf, Instant time) {
    SignedManifest signed = SignedManifest.parse(jws);
    Manifest manifest = ManifestJson.read(signed.payloadBytes());
    List<SignatureHeader> headers = new ArrayList<>();
    for (Signature signature : signed.signatures()) {
      headers.add(SignatureHeader.parse(signature.headerBytes()));
    }
    if (headers.stream().filter(header -> header.role() == Role.PUBLISHER).count() != 1) {
      throw new BundleException(SIGNATURE_SET).with("signatures", headers.size());
    }
    VerifiedManifest verified = null;
    for (int i = 0; i < headers.size(); i++) {
      PublisherCertificate leaf = PublisherCertificate.parse(headers.get(i).leafBytes());
      leaf.requireValidAt(time);
      Signature signature = signed.signatures().get(i);
      if (!leaf.verifies(signature.signingInput(signed.payload()), signature.signatureBytes())) {
        throw new BundleException(SIGNATURE_INVALID).with("signature", i);
      }
      if (headers.get(i).role() == Role.PUBLISHER) {
        verified = new VerifiedManifest(manifest, Digest.sha256(jws), leaf);
      }
    }
    if (headers.size() > 1) {
      // Nobody keeps a lineage of certificates here, so no certificate can hand over to another.
      throw new BundleException(MIGRATION_UNTRUSTED);
    }
    if (verified == null || !verified.leaf().fingerprint().equals(pinnedLeaf)) {
      throw new BundleException(MIGRATION_REQUIRED);
    }
    return verified;
  }

  /**
   * Reads what a manifest says without asking who says it: for tools that show a bundle, never for
   * a decision.
   *
   * @throws BundleException if the bytes are not a signed manifest
   */
  public static Manifest readUnverified(byte[] jws) {
    return ManifestJson.read(SignedManifest.parse(jws).payloadBytes());
  }
}
