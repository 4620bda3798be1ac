package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.ALG_NOT_ALLOWED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REQUIRED;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_INVALID;
import static dev.slipway.bundle.BundleException.Reason.SIGNATURE_SET;

import dev.slipway.bundle.SignatureHeader.Role;
import dev.slipway.bundle.SignedManifest.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Decides whether bytes are a manifest, and who signed it. Cheap checks come first; nothing of the
 * manifest leaves before all have passed.
 */
public final class ManifestVerifier {

  private ManifestVerifier() {}

  /**
   * Checks everything about a signed manifest that can be checked without knowing whom the app
   * trusts now: form, certificates, their paths, and each signature. {@link Continuity#judge} is
   * the next step.
   *
   * @param jws the bytes of {@code manifest.jws.json}
   * @param pinned fingerprints of certificates that may sign for the app or issue those who do;
   *     self-signed certificates need not be among them
   * @param time when issuers of the signers' certificates must be valid
   * @throws BundleException if anything about it is not as it must be
   */
  public static CheckedManifest check(byte[] jws, Collection<Digest> pinned, Instant time) {
    SignedManifest signed = SignedManifest.parse(jws);
    Manifest manifest = ManifestJson.read(signed.payloadBytes());
    List<SignatureHeader> headers = new ArrayList<>();
    for (Signature signature : signed.signatures()) {
      headers.add(SignatureHeader.parse(signature.headerBytes()));
    }
    if (headers.stream().filter(header -> header.role() == Role.PUBLISHER).count() != 1) {
      throw new BundleException(SIGNATURE_SET).with("signatures", headers.size());
    }
    CertificateChain publisher = null;
    CheckedManifest.Migration migration = null;
    for (int i = 0; i < headers.size(); i++) {
      SignatureHeader header = headers.get(i);
      CertificateChain chain = CertificateChain.parse(header.der());
      Signature signature = signed.signatures().get(i);
      requireSignature(
          header, chain, signature.signingInput(signed.payload()), signature.signatureBytes(), i);
      chain.requirePath(pinned, time);
      Digest to = header.to();
      if (to == null) {
        publisher = chain;
      } else {
        migration = new CheckedManifest.Migration(chain, to);
      }
    }
    if (publisher == null) {
      throw new IllegalStateException("one of them is the publisher's");
    }
    return new CheckedManifest(manifest, Digest.sha256(jws), publisher, migration);
  }

  static void requireSignature(
      SignatureHeader header, CertificateChain chain, byte[] signed, byte[] signature, int number) {
    if (header.algorithm() != chain.leaf().algorithm()) {
      throw new BundleException(ALG_NOT_ALLOWED).with("key", chain.leaf().algorithm().jose());
    }
    if (!chain.leaf().verifies(signed, signature)) {
      throw new BundleException(SIGNATURE_INVALID).with("signature", number);
    }
  }

  /**
   * Verifies a manifest that must be signed by one certificate, which is not about to change.
   *
   * @param jws the bytes of {@code manifest.jws.json}
   * @param pinnedLeaf the fingerprint of the certificate that is trusted for the app
   * @param time the time at which the certificate must be valid
   * @throws BundleException if anything about it is not as it must be
   */
  public static VerifiedManifest verify(byte[] jws, Digest pinnedLeaf, Instant time) {
    return verify(check(jws, Set.of(pinnedLeaf), time), pinnedLeaf, time);
  }

  static VerifiedManifest verify(CheckedManifest checked, Digest pinnedLeaf, Instant time) {
    Continuity result =
        Continuity.judge(checked, Lineage.trusting(pinnedLeaf), ContinuityRules.DEFAULT, time);
    if (result instanceof Continuity.Same same) {
      return same.manifest();
    }
    throw result instanceof Continuity.Refused refused
        ? refused.exception()
        : new BundleException(MIGRATION_REQUIRED);
  }

  /**
   * Checks form and signatures, and takes those who signed at their word: for tools that show who
   * signed a bundle, never for a decision.
   *
   * @param time when issuers of the signers' certificates must be valid
   * @throws BundleException if a signature is not genuine
   */
  public static CheckedManifest checkUntrusted(byte[] jws, Instant time) {
    return check(jws, ManifestSigner.roots(SignedManifest.parse(jws)), time);
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
