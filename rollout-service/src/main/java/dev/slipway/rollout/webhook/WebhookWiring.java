package dev.slipway.rollout.webhook;

import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// The parts that post messages, from the settings.
@Singleton
public class WebhookWiring {

  @Produces
  @Singleton
  Guard guard(
      @ConfigProperty(name = "slipway.webhooks.ports") Optional<Set<Integer>> ports,
      @ConfigProperty(name = "slipway.webhooks.allow") Optional<List<String>> allow) {
    return new Guard(
        name -> List.of(InetAddress.getAllByName(name)),
        ports.orElse(Set.of()),
        allow.orElse(List.of()));
  }

  @Produces
  @Singleton
  Courier courier(
      Vertx vertx,
      Guard guard,
      @ConfigProperty(name = "slipway.webhooks.trusted-certificates") Optional<Path> trusted) {
    return new Courier(vertx, guard, Courier.LIMIT, trusted);
  }

  void close(@Disposes Courier courier) {
    courier.close();
  }
}
