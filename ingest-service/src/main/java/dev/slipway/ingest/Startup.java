package dev.slipway.ingest;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.StorageUnavailable;
import dev.slipway.kit.outbox.OutboxPublisher;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/// Starts what runs beside the requests, and says when requests can be answered. Nothing of it
/// needs Kafka or the object store to be there first.
@Readiness
@ApplicationScoped
public class Startup implements HealthCheck {

  private static final Logger LOG = Logger.getLogger(Startup.class);
  private static final long RETRY_MILLIS = 1000;

  private final TopicGuard guard;
  private final StateView<AppState> apps;
  private final StateView<AccessKey> accessKeys;
  private final OutboxPublisher publisher;
  private final ObjectStore store;
  private final CompletableFuture<Void> bucket = new CompletableFuture<>();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile CompletableFuture<Void> topics = new CompletableFuture<>();

  Startup(
      TopicGuard guard,
      StateView<AppState> apps,
      StateView<AccessKey> accessKeys,
      OutboxPublisher publisher,
      ObjectStore store) {
    this.guard = guard;
    this.apps = apps;
    this.accessKeys = accessKeys;
    this.publisher = publisher;
    this.store = store;
  }

  void start(@Observes StartupEvent event) {
    topics =
        guard.ensure(
            List.of(
                Topics.APPS,
                Topics.ACCESS_KEYS,
                Topics.BUNDLES,
                Topics.PUBLISHER_EVENTS,
                Topics.DEAD_LETTERS));
    apps.start();
    accessKeys.start();
    publisher.start();
    Thread.ofVirtual().name("bucket").start(this::ensureBucket);
  }

  @PreDestroy
  void stop() {
    stopping.countDown();
  }

  /// Once ready it stays so: what is away later is answered request by request.
  @Override
  public HealthCheckResponse call() {
    boolean topicsFit = topics.isDone() && !topics.isCompletedExceptionally();
    return HealthCheckResponse.named("ingest")
        .withData("topics", topicsFit)
        .withData("apps", apps.isCaughtUp())
        .withData("access-keys", accessKeys.isCaughtUp())
        .withData("bucket", bucket.isDone())
        .status(topicsFit && apps.isCaughtUp() && accessKeys.isCaughtUp() && bucket.isDone())
        .build();
  }

  private void ensureBucket() {
    try {
      do {
        try {
          store.ensureBucket();
          bucket.complete(null);
          return;
        } catch (StorageUnavailable e) {
          LOG.warnf("The bucket cannot be asked for yet: reason=%s", e.getCause());
        }
      } while (!stopping.await(RETRY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
