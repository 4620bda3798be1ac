package dev.slipway.cli.publish;

import dev.slipway.cli.capgo.CapgoRelease;
import dev.slipway.cli.http.Api;
import dev.slipway.contracts.bundle.BundleAnswer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicLong;

/// Publishes an AIR package: one request with the package as it is.
public final class AirPublisher {

  private static final String AIR = "application/vnd.adobe.air-application-installer-package+zip";

  private final Api ingest;
  private final Patience patience;

  public AirPublisher(Api ingest, Patience patience) {
    this.ingest = ingest;
    this.patience = patience;
  }

  public Publication publish(AirFile air, Upload.Listener listener) throws IOException {
    long size = Files.size(air.file());
    String key = CapgoRelease.digest(air.file()).text();
    var done = new AtomicLong();
    Api.Outcome<BundleAnswer> outcome =
        patience.patiently(
            () -> {
              done.set(0);
              var body =
                  new Upload.Counted(
                      () -> Files.newInputStream(air.file()),
                      bytes -> listener.sent(done.addAndGet(bytes), size));
              return ingest.deliver(
                  "/v1/apps/%s/air-packages".formatted(air.app()),
                  body.publisher(size),
                  AIR,
                  key,
                  BundleAnswer.class);
            });
    var none = new Upload.Sum(0, 0);
    return Publication.of(outcome, new Upload.Tally(none, none), size);
  }
}
