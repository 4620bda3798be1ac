package dev.slipway.cli.publish;

import dev.slipway.bundle.Digest;
import dev.slipway.cli.capgo.CapgoRelease;
import dev.slipway.cli.http.Api;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.bundle.BundleAnswer;
import dev.slipway.contracts.bundle.NewCapgoBundle;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Publishes a bundle of the Capgo command line: its zip and files byte for byte, then what goes
/// with them, whose arrival is the publication.
public final class CapgoPublisher {

  private final Api ingest;
  private final Patience patience;
  private final int atOnce;

  public CapgoPublisher(Api ingest, Patience patience, int atOnce) {
    this.ingest = ingest;
    this.patience = patience;
    this.atOnce = atOnce;
  }

  public Publication publish(CapgoRelease release, Upload.Listener listener) throws IOException {
    String app = "/v1/apps/" + release.app();
    List<Part> parts = new ArrayList<>();
    NewCapgoBundle.Zip zip = null;
    if (release.zip() != null) {
      Part part = part(app, release.zip());
      parts.add(part);
      zip = new NewCapgoBundle.Zip(part.id(), part.size());
    }
    List<NewCapgoBundle.File> files = new ArrayList<>();
    for (CapgoRelease.CapgoFile file : release.files()) {
      Part part = part(app, file.file());
      if (parts.stream().noneMatch(other -> other.id().equals(part.id()))) parts.add(part);
      files.add(new NewCapgoBundle.File(file.name(), file.hash(), part.id(), part.size()));
    }
    Upload.Tally tally = new Upload(ingest, patience, atOnce).send(parts, listener);
    byte[] commit =
        Json.STRICT.writeValueAsBytes(
            new NewCapgoBundle(
                release.version(),
                release.sessionKey(),
                release.checksum(),
                release.keyId(),
                zip,
                files.isEmpty() ? null : files,
                release.nativeMin(),
                release.link(),
                release.comment()));
    Api.Outcome<BundleAnswer> outcome =
        patience.patiently(
            () ->
                ingest.deliver(
                    app + "/capgo-bundles",
                    BodyPublishers.ofByteArray(commit),
                    "application/json",
                    Digest.sha256(commit).text(),
                    BundleAnswer.class));
    return Publication.of(outcome, tally, commit.length);
  }

  private static Part part(String app, Path file) throws IOException {
    Digest id = CapgoRelease.digest(file);
    return new Part(app + "/capgo/" + id, id, Files.size(file), () -> Files.newInputStream(file));
  }
}
