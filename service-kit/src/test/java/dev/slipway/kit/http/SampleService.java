package dev.slipway.kit.http;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.health.Checks;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.Readiness;

/// Wires the kit as a service does.
@Startup
@Singleton
public class SampleService {

  private final TopicGuard guard;
  private final CompletableFuture<Void> topics;
  private final StateView<AccessKey> keys;

  SampleService(
      @ConfigProperty(name = "kafka.bootstrap.servers") String bootstrapServers,
      @ConfigProperty(name = "slipway.topics.profile") String profile,
      MeterRegistry meters) {
    var kafka = new KafkaClients(bootstrapServers, "sample-service");
    guard = new TopicGuard(kafka, TopicProfile.named(profile));
    topics = guard.ensure(List.of(Topics.ACCESS_KEYS));
    keys = new StateView<>(Topics.ACCESS_KEYS, kafka, Clock.systemUTC(), meters);
    keys.start();
  }

  @Produces
  @Singleton
  AccessKeys accessKeys() {
    return new AccessKeys(keys, Clock.systemUTC());
  }

  @Produces
  @Readiness
  @Singleton
  HealthCheck views() {
    return Checks.views(List.of(keys));
  }

  @Produces
  @Readiness
  @Singleton
  HealthCheck topics() {
    return Checks.topics(topics);
  }

  void stop(@Observes ShutdownEvent end) {
    keys.close();
    guard.close();
  }
}
