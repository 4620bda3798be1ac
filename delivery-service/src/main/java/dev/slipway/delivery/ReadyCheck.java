package dev.slipway.delivery;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Up when devices are answered: from the topics once they were read, and from then on whatever
/// Kafka and the object store do, because stale is better than empty; or from a snapshot. Says
/// which, and since when.
@Readiness
@Singleton
public class ReadyCheck implements HealthCheck {

  private final Delivery delivery;

  @Inject
  ReadyCheck(Delivery delivery) {
    this.delivery = delivery;
  }

  @Override
  public HealthCheckResponse call() {
    boolean serving = delivery.served().isPresent();
    boolean live = delivery.isReady();
    var answer =
        HealthCheckResponse.named("image")
            .withData("instance", delivery.instance())
            .withData("source", live ? "topics" : serving ? "snapshot" : "none")
            .withData("stale", serving && (!live || delivery.isStale()))
            .status(serving);
    delivery.snapshotAt().ifPresent(at -> answer.withData("snapshot", at.toString()));
    return answer.build();
  }
}
