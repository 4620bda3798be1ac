package dev.slipway.contracts.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version that ingest accepted. Written by the ingest service on {@code bundles}, key: {@code
 * app/version}.
 *
 * @param manifest SHA-256 of the signed manifest, also its address
 * @param totalSize bytes of all blobs
 * @param publisherLeaf SHA-256 of the certificate that signed it
 * @param capgo what the stock Capgo plugin is given, where the publisher made it
 */
public record BundleState(
    AppId appId,
    Version version,
    long revision,
    Status status,
    Format format,
    Digest manifest,
    int blobs,
    long totalSize,
    long securityEpoch,
    Digest publisherLeaf,
    @Nullable Capgo capgo,
    Instant acceptedAt)
    implements State {

  /** Whether devices may be given it. */
  public enum Status {
    PUBLISHED,
    WITHDRAWN
  }

  /** What its parts are. */
  public enum Format {
    SLIPWAY_BUNDLE_1
  }

  /**
   * The same release as an encrypted zip that the stock plugin can open.
   *
   * @param id SHA-256 of the encrypted zip, also its address
   * @param sessionKey base64 IV, colon, base64 wrapped AES key
   * @param checksum the wrapped SHA-256 of the plain zip, lower-case hex
   * @param keyId the first 20 characters of the public key's base64 body, which devices send as
   *     {@code key_id}
   */
  public record Capgo(Digest id, long size, String sessionKey, String checksum, String keyId) {}

  /** The record's key. */
  public String key() {
    return key(appId, version);
  }

  public static String key(AppId app, Version version) {
    return app + "/" + version;
  }
}
