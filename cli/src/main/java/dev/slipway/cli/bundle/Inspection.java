package dev.slipway.cli.bundle;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.bundle.Recipient;
import dev.slipway.bundle.VerifiedManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a sealed bundle says of itself, and what its reader knows of it.
///
/// @param signature `verified` where the certificate among the app's keys signed it and is valid;
///     else who signed, by fingerprint: the signature is genuine, or there is a refusal instead
/// @param certificate SHA-256 of the certificate that signed
/// @param handsOverFrom SHA-256 of the former certificate, where it hands over in this bundle
/// @param blobs the index among them
/// @param files present where a key was at hand
record Inspection(
    Path file,
    String appId,
    String version,
    String publisherId,
    String signature,
    Digest certificate,
    @Nullable Digest handsOverFrom,
    Instant created,
    long securityEpoch,
    List<String> platforms,
    @Nullable String nativeMin,
    Digest manifest,
    List<String> recipients,
    int blobs,
    long totalSize,
    boolean capgo,
    @Nullable List<Entry> files,
    @Nullable Map<String, String> notes) {

  /// One file of the release, as a device gets it.
  record Entry(String path, long length, Digest sha256) {}

  /// @param keys the app's, or none where only the public part is wanted
  static Inspection of(Path file, @Nullable KeyRing keys, Clock clock) throws IOException {
    try (Container container = SealedFile.open(file)) {
      byte[] jws = container.manifest();
      Manifest manifest = ManifestVerifier.readUnverified(jws);
      var checked = ManifestVerifier.checkUntrusted(jws, manifest.created());
      List<Entry> files = null;
      Map<String, String> notes = null;
      if (keys != null) {
        var contents = new Opener(atItsTime(jws), keys.publisherKey(manifest), container).list();
        files = entries(contents);
        notes = contents.notes();
      }
      return new Inspection(
          file,
          manifest.appId().text(),
          manifest.version(),
          manifest.publisherId(),
          signature(checked, keys, clock.instant()),
          checked.publisher().leaf().fingerprint(),
          checked.migration().map(from -> from.from().leaf().fingerprint()).orElse(null),
          manifest.created(),
          manifest.securityEpoch(),
          manifest.compat().platforms(),
          manifest.compat().nativeMin(),
          Digest.sha256(jws),
          manifest.recipients().stream().map(Recipient::kid).toList(),
          (int) manifest.allBlobs().map(Blob::id).count(),
          manifest.totalSize(),
          manifest.capgo() != null,
          files,
          notes);
    }
  }

  private static String signature(CheckedManifest checked, @Nullable KeyRing keys, Instant now) {
    PublisherCertificate leaf = checked.publisher().leaf();
    if (keys == null)
      return "genuine, of whom is not checked: name the app's keys with --keys FOLDER";
    if (!leaf.equals(keys.certificate()))
      return "genuine, by another certificate than that of the keys";
    return now.truncatedTo(ChronoUnit.SECONDS).isAfter(leaf.notAfter())
        ? "genuine, by a certificate that has ended since"
        : "verified";
  }

  /// The manifest as whoever trusted its signer verified it when it was made: to look into a bundle
  /// of one's own, never for a decision.
  static VerifiedManifest atItsTime(byte[] jws) {
    Instant created = ManifestVerifier.readUnverified(jws).created();
    PublisherCertificate leaf = ManifestVerifier.checkUntrusted(jws, created).publisher().leaf();
    // A release may be dated before its certificate was made: dates follow the source.
    Instant time = created.isBefore(leaf.notBefore()) ? leaf.notBefore() : created;
    return ManifestVerifier.verify(
        jws, leaf.fingerprint(), time.isAfter(leaf.notAfter()) ? leaf.notAfter() : time);
  }

  static List<Entry> entries(Opener.Contents contents) {
    return contents.files().stream()
        .map(entry -> new Entry(entry.path(), entry.length(), entry.digest()))
        .toList();
  }
}
