package dev.slipway.delivery;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// Up when the image was complete once, and from then on whatever Kafka and the object store do:
/// stale is better than empty.
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
    boolean ready = delivery.isReady();
    return HealthCheckResponse.named("image")
        .withData("instance", delivery.instance())
        .withData("stale", ready && delivery.isStale())
        .status(ready)
        .build();
  }
}
