package dev.slipway.ingest.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.PUBLISHER_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.Recipient;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.kit.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What must hold of a manifest beyond its signature. Pure: the app, the stored blobs and the time
/// come in, a refusal or a state goes out.
final class BundleRules {

  /// The publisher's own key, of some generation: so that it can open what it sealed.
  private static final Pattern OWN_KEY = Pattern.compile("publisher-[0-9]{1,9}");

  private static final int LISTED = 100;

  private BundleRules() {}

  /// Refuses a manifest that is not this app's, not this publisher's, or not of this time.
  static void requireFits(Manifest manifest, AppState app, Instant now, Duration tolerance) {
    if (!manifest.appId().equals(app.appId())) throw new BundleException(APP_MISMATCH);
    if (!manifest.publisherId().equals(app.publisherId())) {
      throw new BundleException(PUBLISHER_MISMATCH);
    }
    version(manifest);
    if (manifest.created().isAfter(now.plus(tolerance))) {
      throw Refusal.of(422, "clock-skew", "The manifest was created in the future.")
          .with("created", manifest.created())
          .with("now", now);
    }
    for (Recipient recipient : manifest.recipients()) {
      String kid = recipient.kid();
      if (!app.keyIds().contains(kid) && !OWN_KEY.matcher(kid).matches()) {
        throw new BundleException(KID_UNKNOWN).with("kid", kid);
      }
    }
  }

  /// All that must be stored before the manifest is: blobs, index, and the Capgo zip if there is
  /// one, each with its length.
  static Map<Digest, Long> parts(Manifest manifest) {
    var parts = new LinkedHashMap<Digest, Long>();
    manifest.allBlobs().forEach(blob -> parts.put(blob.id(), blob.size()));
    var capgo = manifest.capgo();
    if (capgo != null) parts.put(capgo.id(), capgo.size());
    return parts;
  }

  /// Refuses a manifest of which a part is missing or has another length.
  ///
  /// @param parts what the manifest names
  /// @param stored what the app has of it
  static void requireStored(Map<Digest, Long> parts, Map<Digest, Long> stored) {
    List<Digest> missing = parts.keySet().stream().filter(id -> !stored.containsKey(id)).toList();
    if (!missing.isEmpty()) throw missing(missing);
    parts.forEach(
        (id, size) -> {
          long found = stored.getOrDefault(id, 0L);
          if (found != size) {
            throw new BundleException(BLOB_SIZE_MISMATCH)
                .with("id", id)
                .with("declared", size)
                .with("stored", found);
          }
        });
  }

  static Refusal missing(List<Digest> ids) {
    return Refusal.of(422, "blob-missing", "Upload these blobs first, then the manifest again.")
        .with("missing", ids.stream().limit(LISTED).map(Digest::text).toList())
        .with("count", ids.size());
  }

  /// The state that publishes this manifest.
  static BundleState publish(VerifiedManifest verified, Instant now) {
    Manifest manifest = verified.manifest();
    var capgo = manifest.capgo();
    return new BundleState(
        manifest.appId(),
        version(manifest),
        // Above all that a restored database may have forgotten.
        now.toEpochMilli(),
        BundleState.Status.PUBLISHED,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        verified.digest(),
        (int) manifest.allBlobs().map(Blob::id).count(),
        manifest.totalSize(),
        manifest.securityEpoch(),
        verified.leaf().fingerprint(),
        capgo == null
            ? null
            : new BundleState.Capgo(
                capgo.id(), capgo.size(), capgo.sessionKey(), capgo.checksum(), capgo.keyId()),
        now);
  }

  private static Version version(Manifest manifest) {
    try {
      Version version = Version.of(manifest.version());
      if (!version.isBuiltin()) return version;
    } catch (IllegalArgumentException e) {
      throw new BundleException(VERSION_SYNTAX, e);
    }
    throw new BundleException(VERSION_SYNTAX).with("reserved", Version.BUILTIN);
  }
}
