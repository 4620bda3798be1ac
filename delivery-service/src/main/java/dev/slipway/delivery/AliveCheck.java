package dev.slipway.delivery;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/// Down when a thread has ended that the service cannot do without: only a new start helps. That
/// Kafka is away is no reason; [ReadyCheck] tells of it.
@Liveness
@Singleton
public class AliveCheck implements HealthCheck {

  private final Delivery delivery;

  @Inject
  AliveCheck(Delivery delivery) {
    this.delivery = delivery;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("threads").status(delivery.isAlive()).build();
  }
}
