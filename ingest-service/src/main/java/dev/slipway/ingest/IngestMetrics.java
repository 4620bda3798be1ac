package dev.slipway.ingest;

import dev.slipway.ingest.blob.Spool;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;

/// What the service counts. Made at the start, and the spool with it, which then clears up.
@io.quarkus.runtime.Startup
@ApplicationScoped
public class IngestMetrics {

  private final MeterRegistry registry;
  private final Counter blobsStored;
  private final Counter blobsThere;
  private final Counter bundlesAccepted;
  private final Counter bundlesThere;
  private final Counter noncesReused;
  private final Counter collected;
  private final Counter collectedUnknown;
  private final Counter checked;
  private final Counter checkedRotten;
  private final AtomicLong rotten = new AtomicLong();

  IngestMetrics(MeterRegistry registry, Spool spool) {
    this.registry = registry;
    blobsStored = registry.counter("slipway.ingest.blobs", "result", "stored");
    blobsThere = registry.counter("slipway.ingest.blobs", "result", "was-there");
    bundlesAccepted = registry.counter("slipway.ingest.bundles", "result", "accepted");
    bundlesThere = registry.counter("slipway.ingest.bundles", "result", "was-there");
    noncesReused = registry.counter("slipway.ingest.nonce.reuse");
    collected = registry.counter("slipway.ingest.collected", "what", "unreferenced");
    collectedUnknown = registry.counter("slipway.ingest.collected", "what", "unknown");
    checked = registry.counter("slipway.ingest.checked", "result", "sound");
    checkedRotten = registry.counter("slipway.ingest.checked", "result", "rotten");
    registry.gauge("slipway.ingest.rotten", rotten);
    registry.gauge("slipway.ingest.spool.bytes", spool, Spool::taken);
  }

  /// A request was refused. Slugs are words of this service, so there are not many.
  public void refused(String slug) {
    registry.counter("slipway.ingest.refusals", "slug", slug).increment();
  }

  public void blobStored() {
    blobsStored.increment();
  }

  public void blobWasThere() {
    blobsThere.increment();
  }

  public void bundleAccepted() {
    bundlesAccepted.increment();
  }

  public void bundleWasThere() {
    bundlesThere.increment();
  }

  public void nonceReused() {
    noncesReused.increment();
  }

  public void collected(int unreferenced, int unknown) {
    collected.increment(unreferenced);
    collectedUnknown.increment(unknown);
  }

  public void checked(boolean sound) {
    (sound ? checked : checkedRotten).increment();
  }

  /// How many blobs have no sound object now.
  public void rotten(long blobs) {
    rotten.set(blobs);
  }
}
