package dev.slipway.contracts.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A version that ingest accepted. Written by the ingest service on {@code bundles}, key: {@code
 * app/version}.
 *
 * @param manifest SHA-256 of the signed manifest, also its address
 * @param totalSize bytes of all blobs
 * @param publisherLeaf SHA-256 of the certificate that signed it; absent where the format has no
 *     signature
 * @param migratedFrom the leaf that handed over to {@code publisherLeaf} in this version, so that
 *     devices that trust that one must pass through it
 * @param compat which devices can run it
 * @param air what an Adobe AIR package says of itself
 * @param metadata what a device may show its user
 * @param degraded whether a stored part of it was found missing or rotten
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
    @Nullable Digest publisherLeaf,
    @Nullable Digest migratedFrom,
    Compat compat,
    @Nullable Capgo capgo,
    @Nullable Air air,
    @Nullable Metadata metadata,
    boolean degraded,
    Instant acceptedAt)
    implements State {

  /** A sealed bundle for every device. */
  public BundleState(
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
      Instant acceptedAt) {
    this(
        appId,
        version,
        revision,
        status,
        format,
        manifest,
        blobs,
        totalSize,
        securityEpoch,
        publisherLeaf,
        null,
        Compat.ANY,
        capgo,
        null,
        null,
        false,
        acceptedAt);
  }

  /** Whether devices may be given it. */
  public enum Status {
    PUBLISHED,
    WITHDRAWN
  }

  /** What its parts are. */
  public enum Format {
    /** Slipway's own: a signed manifest and a sealed blob per file. */
    SLIPWAY_BUNDLE_1,
    /** A zip that the stock Capgo tools encrypted. */
    CAPGO_ZIP,
    /** The same file by file, without a zip. */
    CAPGO_FILES,
    /** A zip in the clear. */
    PLAIN_ZIP,
    /** An Adobe AIR package. */
    AIR
  }

  /**
   * Which devices can run a version.
   *
   * @param platforms empty: all
   * @param nativeMin the lowest native version; also what the stock plugin's backend calls
   *     min_update_version
   */
  public record Compat(Set<Platform> platforms, @Nullable String nativeMin) {
    public static final Compat ANY = new Compat(Set.of(), null);

    public Compat {
      platforms = Set.copyOf(platforms);
    }
  }

  /**
   * What an Adobe AIR package says of itself, for its update descriptor.
   *
   * @param namespace the descriptor's version: "1.0" before AIR 2.5, else "2.5"
   * @param label the version for people
   * @param description by language tag; the empty tag is the text for everybody
   * @param id SHA-256 of the package, also its address
   */
  public record Air(
      String namespace,
      @Nullable String label,
      Map<String, String> description,
      @Nullable Digest id) {
    public Air {
      description = Map.copyOf(description);
    }
  }

  /** What a device may show its user. */
  public record Metadata(@Nullable String link, @Nullable String comment) {}

  /**
   * The release as the stock plugin can open it: a zip, a list of files, or both.
   *
   * @param scheme of the encryption, which old and new plugins understand differently
   * @param id SHA-256 of the zip as it is stored, also its address; absent where there are files
   *     only
   * @param size of the zip, in bytes
   * @param sessionKey base64 IV, colon, base64 wrapped AES key; empty in the clear
   * @param checksum of the plain zip: wrapped SHA-256 in lower-case hex (V3) or base64 (V2), bare
   *     SHA-256 in the clear
   * @param keyId the first 20 characters of the public key's base64 body, which devices send as
   *     {@code key_id}
   * @param files address of the list of files, a JSON array of {@code {file_name, file_hash, id,
   *     size}}
   */
  public record Capgo(
      Scheme scheme,
      @Nullable Digest id,
      long size,
      String sessionKey,
      String checksum,
      @Nullable String keyId,
      @Nullable Digest files) {

    /** How it is encrypted. */
    public enum Scheme {
      /** Not at all. */
      PLAIN,
      /** Checksum in base64: plugins before 5.30, 6.30 and 7.30. */
      V2,
      /** Checksum in hex: plugins from then on. */
      V3
    }

    /** One zip of scheme V3. */
    public Capgo(Digest id, long size, String sessionKey, String checksum, String keyId) {
      this(Scheme.V3, id, size, sessionKey, checksum, keyId, null);
    }
  }

  /** The same with another revision. */
  public BundleState withRevision(long other) {
    return with(status, other, securityEpoch, degraded);
  }

  /** The same with a part lost, or whole again. */
  public BundleState withDegraded(boolean now) {
    return with(status, revision, securityEpoch, now);
  }

  /** The same in another status. */
  public BundleState withStatus(Status other) {
    return with(other, revision, securityEpoch, degraded);
  }

  /** The same with another security epoch. */
  public BundleState withSecurityEpoch(long other) {
    return with(status, revision, other, degraded);
  }

  private BundleState with(
      Status otherStatus, long otherRevision, long otherEpoch, boolean nowDegraded) {
    return new BundleState(
        appId,
        version,
        otherRevision,
        otherStatus,
        format,
        manifest,
        blobs,
        totalSize,
        otherEpoch,
        publisherLeaf,
        migratedFrom,
        compat,
        capgo,
        air,
        metadata,
        nowDegraded,
        acceptedAt);
  }

  /** The record's key. */
  public String key() {
    return key(appId, version);
  }

  public static String key(AppId app, Version version) {
    return app + "/" + version;
  }
}
