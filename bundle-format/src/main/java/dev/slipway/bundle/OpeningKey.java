package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.CEK_COMMIT;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;

import java.security.MessageDigest;

/**
 * A key that opens bundles: a generation of the fleet's, the publisher's own, or the private half
 * of a pair. The server knows its id only.
 */
public sealed interface OpeningKey permits WrappingKey, HpkeKey {

  /** The id, as recipients in a manifest name it. */
  String kid();

  /**
   * The content key of a bundle.
   *
   * @throws BundleException if the bundle is not sealed for this key, or if what unwraps is not the
   *     content key that the manifest commits to
   */
  Secret unwrap(Manifest manifest);

  /** The recipient of this id, if its content key is wrapped in this way. */
  static Recipient recipient(Manifest manifest, String kid, String alg) {
    return manifest.recipients().stream()
        .filter(candidate -> candidate.kid().equals(kid) && candidate.alg().equals(alg))
        .findFirst()
        .orElseThrow(() -> new BundleException(KID_UNKNOWN).with("kid", kid));
  }

  /** Refuses a content key that the manifest does not commit to, and returns any other. */
  static Secret requireCommitted(Secret cek, Manifest manifest, String kid) {
    Digest commitment = KeySchedule.cekCommit(cek);
    if (!MessageDigest.isEqual(commitment.bytes(), manifest.cekCommit().bytes())) {
      throw new BundleException(CEK_COMMIT).with("kid", kid);
    }
    return cek;
  }
}
