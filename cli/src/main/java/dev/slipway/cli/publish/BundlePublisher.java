package dev.slipway.cli.publish;

import dev.slipway.bundle.BlobSource;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.cli.http.Api;
import dev.slipway.contracts.bundle.BundleAnswer;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;

/// Publishes a sealed bundle: its parts, then the manifest, whose arrival is the publication.
public final class BundlePublisher {

  /// How many parts travel at a time, where nobody says otherwise.
  public static final int AT_ONCE = 6;

  private static final String MANIFEST = "application/jose+json";

  private final Api ingest;
  private final Patience patience;
  private final int atOnce;

  public BundlePublisher(Api ingest, Patience patience, int atOnce) {
    this.ingest = ingest;
    this.patience = patience;
    this.atOnce = atOnce;
  }

  /// @param jws the exact bytes of the signed manifest
  /// @param parts where its blobs, and the zip for the Capgo plugin, are
  public Publication publish(byte[] jws, BlobSource parts, Upload.Listener listener) {
    Manifest manifest = ManifestVerifier.readUnverified(jws);
    String app = "/v1/apps/" + manifest.appId();
    Upload.Tally tally =
        new Upload(ingest, patience, atOnce).send(parts(app, manifest, parts), listener);
    String key = Digest.sha256(jws).text();
    Api.Outcome<BundleAnswer> outcome =
        patience.patiently(
            () ->
                ingest.deliver(
                    app + "/bundles",
                    BodyPublishers.ofByteArray(jws),
                    MANIFEST,
                    key,
                    BundleAnswer.class));
    return Publication.of(outcome, tally, jws.length);
  }

  private static List<Part> parts(String app, Manifest manifest, BlobSource source) {
    List<Part> parts = new ArrayList<>();
    manifest.allBlobs().forEach(blob -> parts.add(part(app, blob.id(), blob.size(), source)));
    var capgo = manifest.capgo();
    if (capgo != null) parts.add(part(app, capgo.id(), capgo.size(), source));
    return parts;
  }

  private static Part part(String app, Digest id, long size, BlobSource source) {
    return new Part(app + "/blobs/" + id, id, size, () -> source.open(id));
  }
}
