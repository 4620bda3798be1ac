package dev.slipway.ingest.upkeep;

import dev.slipway.ingest.IngestConfig;
import dev.slipway.ingest.bundle.Releases;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// Looks after what is stored, from time to time, beside the requests: writes the folders that a
/// crash left out, collects, checks. What fails is tried again the next time.
@ApplicationScoped
public class Upkeep {

  private static final Logger LOG = Logger.getLogger(Upkeep.class);
  private static final int FOLDERS_AT_ONCE = 100;

  /// Before the first round, so that it meets a service that is ready.
  private static final long START_MILLIS = 5000;

  private final Releases releases;
  private final Collector collector;
  private final Scrubber scrubber;
  private final IngestConfig config;
  private final CountDownLatch stopping = new CountDownLatch(1);

  Upkeep(Releases releases, Collector collector, Scrubber scrubber, IngestConfig config) {
    this.releases = releases;
    this.collector = collector;
    this.scrubber = scrubber;
    this.config = config;
  }

  void start(@Observes StartupEvent event) {
    Thread.ofVirtual().name("upkeep").start(this::run);
  }

  @PreDestroy
  void stop() {
    stopping.countDown();
  }

  private void run() {
    try {
      long pause = START_MILLIS;
      while (!stopping.await(pause, TimeUnit.MILLISECONDS)) {
        attempt("folders", this::writeFolders);
        attempt("collection", collector::collect);
        attempt("check", scrubber::check);
        pause = config.upkeep().every().toMillis();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeFolders() {
    while (releases.catchUp(FOLDERS_AT_ONCE) == FOLDERS_AT_ONCE) {
      // There are more.
    }
  }

  private void attempt(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.warnf("Upkeep is tried again later: what=%s reason=%s", what, e.toString());
    }
  }
}
