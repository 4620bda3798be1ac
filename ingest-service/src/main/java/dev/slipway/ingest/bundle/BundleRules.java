package dev.slipway.ingest.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.KID_UNKNOWN;
import static dev.slipway.bundle.BundleException.Reason.MEMBER_VALUE;
import static dev.slipway.bundle.BundleException.Reason.PUBLISHER_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.VERSION_SYNTAX;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Continuity;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.Recipient;
import dev.slipway.bundle.VerifiedManifest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleAnswer.Warning;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.NewUnlock;
import dev.slipway.contracts.device.Platform;
import dev.slipway.decisions.VersionOrder;
import dev.slipway.decisions.VersionRules;
import dev.slipway.ingest.lineage.Succession;
import dev.slipway.ingest.lineage.Unlock;
import dev.slipway.kit.http.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What must hold of a manifest beyond its signature. Pure: the app, the stored blobs and the time
/// come in, a refusal or a state goes out.
public final class BundleRules {

  /// The publisher's own key, of some generation: so that it can open what it sealed.
  private static final Pattern OWN_KEY = Pattern.compile("publisher-[0-9]{1,9}");

  private static final int LISTED = 100;
  private static final Duration EXPIRES_SOON = Duration.ofDays(30);

  private BundleRules() {}

  /// Refuses a manifest that is not this app's, not this publisher's, or not of this time.
  private static void requireFits(
      Manifest manifest, AppState app, Instant now, Duration tolerance) {
    if (!manifest.appId().equals(app.appId())) throw new BundleException(APP_MISMATCH);
    if (!manifest.publisherId().equals(app.publisherId())) {
      throw new BundleException(PUBLISHER_MISMATCH);
    }
    version(manifest.version(), app);
    if (manifest.created().isAfter(now.plus(tolerance))) {
      throw Refusal.of(422, "clock-skew", "The manifest was created in the future.")
          .with("created", manifest.created())
          .with("now", now);
    }
    for (Recipient recipient : manifest.recipients()) {
      String kid = recipient.kid();
      if (app.retiredKeyIds().contains(kid)) {
        throw Refusal.of(
                422,
                "kid-retired",
                "The bundle is sealed for a key that is retired. Seal it for the app's present"
                    + " keys.")
            .with("kid", kid);
      }
      if (!app.keyIds().contains(kid) && !OWN_KEY.matcher(kid).matches()) {
        throw new BundleException(KID_UNKNOWN).with("kid", kid);
      }
    }
  }

  /// What a manifest is held against that does not change while it is.
  ///
  /// @param tolerance how far its publisher's clock may be ahead
  record Terms(AppState app, Instant now, Duration tolerance) {}

  /// Decides whether a genuine manifest may be the app's next version: first whose it is, then what
  /// it says.
  static Judgement.Accepted judge(CheckedManifest checked, Standing standing, Terms terms) {
    AppState app = terms.app();
    Instant now = terms.now();
    var succession = Succession.judge(checked, standing.trust(), app.policy(), now);
    requireFits(checked.manifest(), app, now, terms.tolerance());
    BundleState bundle = publish(app, succession, now);
    var used = new ArrayList<Unlock>();
    if (succession.used() != null) used.add(succession.used());
    requireFollows(bundle, standing, app).ifPresent(used::add);
    return new Judgement.Accepted(
        bundle,
        succession.step(),
        used,
        warnings(succession.grace(), succession.manifest().leaf().notAfter(), now));
  }

  /// Refuses a version that is not above all before it, and a security epoch that falls or leaps.
  /// The very same version is left to the one who knows its manifest.
  ///
  /// @return the exception that it needs
  static Optional<Unlock> requireFollows(BundleState bundle, Standing standing, AppState app) {
    var history = standing.history();
    String version = bundle.version().text();
    var scheme = app.policy().versionScheme();
    for (String other : history.versions()) {
      if (other.equals(version)) continue;
      if (VersionRules.identity(scheme, other).equals(VersionRules.identity(scheme, version))) {
        throw Refusal.of(
                409,
                "version-equivalent",
                "A version that counts as the same one in the app's version scheme is published"
                    + " already.")
            .with("published", other)
            .with("scheme", word(scheme));
      }
    }
    Optional<String> newest =
        history.versions().stream()
            .filter(other -> VersionRules.isVersion(scheme, other))
            .max((one, other) -> VersionRules.compare(scheme, one, other).orElse(0));
    if (newest.isPresent() && VersionRules.compare(scheme, version, newest.get()).orElse(1) < 0) {
      throw Refusal.of(
              409,
              "version-downgrade",
              "A version must be above all that were published, withdrawn ones too.")
          .with("newest", newest.get());
    }
    return requireEpoch(bundle.securityEpoch(), standing);
  }

  private static Optional<Unlock> requireEpoch(long epoch, Standing standing) {
    long highest = standing.history().highestEpoch();
    if (epoch < highest) {
      throw Refusal.of(
              422,
              "epoch-regression",
              "The security epoch never falls: devices that ran a version refuse lower ones.")
          .with("highest", highest);
    }
    if (epoch - highest <= 1) return Optional.empty();
    var unlock = standing.trust().unlock(NewUnlock.Kind.EPOCH_JUMP, epoch);
    if (unlock.isEmpty()) {
      throw Refusal.of(
              422,
              "epoch-jump",
              "The security epoch rises by one at a time, as no device ever goes back below it."
                  + " Two people can allow more: POST /v1/apps/{app}/unlocks.")
          .with("highest", highest)
          .with("allowed", highest + 1);
    }
    return unlock;
  }

  /// What is accepted, but should not stay so.
  ///
  /// @param grace of the certificate that handed over, if it had ended
  /// @param end of the certificate that signs
  public static List<Warning> warnings(Continuity.@Nullable Grace grace, Instant end, Instant now) {
    var warnings = new ArrayList<Warning>();
    if (grace != null) {
      warnings.add(
          new Warning(
              "certificate-in-grace",
              "The certificate that hands over has ended. Devices follow it until its grace is"
                  + " over: roll this version out before.",
              grace.daysLeft(),
              grace.until()));
    }
    Duration left = Duration.between(now.truncatedTo(ChronoUnit.SECONDS), end);
    if (left.compareTo(EXPIRES_SOON) <= 0) {
      warnings.add(
          new Warning(
              "certificate-expiring",
              "The certificate that signs ends soon. Make its successor, and let it hand over while"
                  + " it is valid: slipway bundle migrate.",
              left.toDays(),
              end));
    }
    return warnings;
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
  private static BundleState publish(AppState app, Succession succession, Instant now) {
    VerifiedManifest verified = succession.manifest();
    Manifest manifest = verified.manifest();
    var capgo = manifest.capgo();
    var from = succession.handedOverBy();
    return new BundleState(
        manifest.appId(),
        version(manifest.version(), app),
        // Above all that a restored database may have forgotten.
        now.toEpochMilli(),
        BundleState.Status.PUBLISHED,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        verified.digest(),
        (int) manifest.allBlobs().map(Blob::id).count(),
        manifest.totalSize(),
        manifest.securityEpoch(),
        verified.leaf().fingerprint(),
        from == null ? null : from.fingerprint(),
        new BundleState.Compat(platforms(manifest), nativeMin(manifest)),
        capgo == null
            ? null
            : new BundleState.Capgo(
                capgo.id(), capgo.size(), capgo.sessionKey(), capgo.checksum(), capgo.keyId()),
        null,
        null,
        false,
        now);
  }

  /// The platforms that this suite knows; a bundle for none of them is for devices of the future.
  private static Set<Platform> platforms(Manifest manifest) {
    var known = EnumSet.noneOf(Platform.class);
    for (Platform platform : Platform.values()) {
      if (manifest.compat().platforms().contains(word(platform))) known.add(platform);
    }
    if (known.isEmpty()) {
      throw new BundleException(MEMBER_VALUE).with("pointer", "/compat/platforms");
    }
    return known;
  }

  /// A lowest version that no device's can be compared with would hold nobody back.
  private static @Nullable String nativeMin(Manifest manifest) {
    String lowest = manifest.compat().nativeMin();
    if (lowest != null && !VersionOrder.isVersion(lowest)) {
      throw new BundleException(MEMBER_VALUE).with("pointer", "/compat/native_min");
    }
    return lowest;
  }

  /// The text as a version of the app's scheme.
  ///
  /// @throws BundleException `version-syntax`
  public static Version version(String text, AppState app) {
    try {
      Version version = Version.of(text);
      // A path that names a version must not be mistaken for a step in it.
      boolean dots = text.chars().allMatch(c -> c == '.');
      if (version.isBuiltin() || dots) {
        throw new BundleException(VERSION_SYNTAX).with("reserved", "builtin");
      }
      var scheme = app.policy().versionScheme();
      if (VersionRules.isVersion(scheme, text)) return version;
      throw new BundleException(VERSION_SYNTAX).with("scheme", word(scheme));
    } catch (IllegalArgumentException e) {
      throw new BundleException(VERSION_SYNTAX, e);
    }
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
