package dev.slipway.cli.bundle;

import dev.slipway.bundle.Blob;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.Recipient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a sealed bundle says of itself, and what its reader knows of it.
///
/// @param signature `verified` where the publisher's certificate was at hand
/// @param blobs the index among them
/// @param files present where a key was at hand
record Inspection(
    Path file,
    String appId,
    String version,
    String publisherId,
    String signature,
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
    try (Container container = Container.open(file)) {
      byte[] jws = container.manifest();
      Manifest manifest = ManifestVerifier.readUnverified(jws);
      String signature = "not checked: name the app's keys with --keys FOLDER";
      List<Entry> files = null;
      Map<String, String> notes = null;
      if (keys != null) {
        var verified =
            ManifestVerifier.verify(jws, keys.certificate().fingerprint(), clock.instant());
        signature = "verified";
        var contents = new Opener(verified, keys.publisherKey(), container).list();
        files = entries(contents);
        notes = contents.notes();
      }
      return new Inspection(
          file,
          manifest.appId().text(),
          manifest.version(),
          manifest.publisherId(),
          signature,
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

  static List<Entry> entries(Opener.Contents contents) {
    return contents.files().stream()
        .map(entry -> new Entry(entry.path(), entry.length(), entry.digest()))
        .toList();
  }
}
