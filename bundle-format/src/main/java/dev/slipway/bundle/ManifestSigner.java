package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.MIGRATION_GRACE_ELAPSED;
import static dev.slipway.bundle.BundleException.Reason.MIGRATION_REDUNDANT;

import dev.slipway.bundle.SignedManifest.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Signs manifests, on the publisher's machine. What comes out would be accepted at the same time by
 * one who trusts the signers; what would not be is refused here, with the same reasons.
 */
public final class ManifestSigner {

  private ManifestSigner() {}

  /**
   * Signs a manifest.
   *
   * @return the bytes of {@code manifest.jws.json}
   * @throws BundleException if the certificate is not valid at this time
   */
  public static byte[] sign(Manifest manifest, Signer signer, Instant now) {
    return sign(ManifestJson.write(manifest), signer, now);
  }

  /**
   * Signs what a signed manifest says anew, by a signer of the present. Former signatures fall
   * away; the payload stays as it is, to the byte.
   */
  public static byte[] signAnew(byte[] jws, Signer signer, Instant now) {
    byte[] payload = SignedManifest.parse(jws).payloadBytes();
    ManifestJson.read(payload);
    return sign(payload, signer, now);
  }

  static byte[] sign(byte[] payload, Signer signer, Instant now) {
    requireUsable(signer, now);
    String text = Base64Url.encode(payload);
    byte[] header = SignatureHeader.ofPublisher(signer.key().algorithm(), signer.chain());
    return new SignedManifest(text, List.of(signature(header, text, signer))).write();
  }

  /**
   * Lets a former certificate hand over to the one that signed a manifest. A hand-over that is
   * there already is replaced.
   *
   * @param jws a manifest signed by the successor
   * @param former who hands over; may have ended, but not longer ago than the grace
   * @throws BundleException if the successor's certificate is not valid now, if both are one, or if
   *     the grace is over
   */
  public static byte[] migrate(byte[] jws, Signer former, Instant now, Duration grace) {
    SignedManifest signed = SignedManifest.parse(jws);
    CheckedManifest checked = ManifestVerifier.check(jws, roots(signed), now);
    PublisherCertificate successor = checked.publisher().leaf();
    successor.requireValidAt(now);
    PublisherCertificate old = former.certificate();
    if (old.equals(successor)) {
      throw new BundleException(MIGRATION_REDUNDANT).with("certificate", old.fingerprint());
    }
    if (now.isBefore(old.notBefore())) {
      old.requireValidAt(now);
    }
    Instant until = old.notAfter().plus(grace);
    if (now.truncatedTo(ChronoUnit.SECONDS).isAfter(until)) {
      throw new BundleException(MIGRATION_GRACE_ELAPSED)
          .with("not_after", old.notAfter())
          .with("grace_ended", until);
    }
    former.chain().requirePath(former.chain().fingerprints(), now);
    byte[] header =
        SignatureHeader.ofMigration(
            former.key().algorithm(), former.chain(), successor.fingerprint());
    Signature publisher = publisherSignature(signed);
    return new SignedManifest(
            signed.payload(), List.of(publisher, signature(header, signed.payload(), former)))
        .write();
  }

  private static Signature publisherSignature(SignedManifest signed) {
    return signed.signatures().stream()
        .filter(
            signature ->
                SignatureHeader.parse(signature.headerBytes()).role()
                    == SignatureHeader.Role.PUBLISHER)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("the manifest was checked"));
  }

  /** Whoever signed is taken at their word here; whom to trust is the verifier's question. */
  static Set<Digest> roots(SignedManifest signed) {
    Set<Digest> roots = new HashSet<>();
    for (Signature signature : signed.signatures()) {
      SignatureHeader.parse(signature.headerBytes())
          .der()
          .forEach(der -> roots.add(Digest.sha256(der)));
    }
    return roots;
  }

  static void requireUsable(Signer signer, Instant now) {
    signer.certificate().requireValidAt(now);
    signer.chain().requirePath(signer.chain().fingerprints(), now);
  }

  private static Signature signature(byte[] header, String payload, Signer signer) {
    Signature unsigned = new Signature(Base64Url.encode(header), "");
    byte[] signature = signer.key().sign(unsigned.signingInput(payload));
    return new Signature(unsigned.header(), Base64Url.encode(signature));
  }
}
