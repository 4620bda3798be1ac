package dev.slipway.rollout;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.access.Role;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.health.Checks;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.kit.outbox.OutboxDatabase;
import dev.slipway.kit.outbox.OutboxPublisher;
import dev.slipway.kit.topic.DeadLetters;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import dev.slipway.rollout.fleet.FleetSizes;
import dev.slipway.rollout.statement.Renewals;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/// The parts of the service kit that this service uses, started and stopped with it.
@Singleton
public class Wiring {

  private static final String SERVICE = "rollout-service";
  private static final String SCHEMA = "rollout";

  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  @Produces
  @Singleton
  SecureRandom random() {
    return new SecureRandom();
  }

  @Produces
  @Singleton
  KafkaClients kafka(@ConfigProperty(name = "kafka.bootstrap.servers") String servers) {
    return new KafkaClients(servers, SERVICE);
  }

  @Produces
  @Singleton
  TopicGuard topicGuard(
      KafkaClients kafka, @ConfigProperty(name = "slipway.topics.profile") String profile) {
    return new TopicGuard(kafka, TopicProfile.named(profile));
  }

  void stop(@Disposes TopicGuard guard) {
    guard.close();
  }

  @Produces
  @Singleton
  @Startup
  StateView<AccessKey> accessKeyView(KafkaClients kafka, Clock clock, MeterRegistry meters) {
    var view = new StateView<>(Topics.ACCESS_KEYS, kafka, clock, meters);
    view.start();
    return view;
  }

  void stopAccessKeys(@Disposes StateView<AccessKey> view) {
    view.close();
  }

  @Produces
  @Singleton
  @Startup
  StateView<BundleState> bundles(
      KafkaClients kafka, Clock clock, MeterRegistry meters, Renewals renewals) {
    var view = new StateView<>(Topics.BUNDLES, kafka, clock, meters, renewals);
    view.start();
    return view;
  }

  void stopBundles(@Disposes StateView<BundleState> view) {
    view.close();
  }

  @Produces
  @Singleton
  Renewals renewals(Clock clock) {
    return new Renewals(clock);
  }

  @Produces
  @Singleton
  FleetSizes fleetSizes(Clock clock) {
    return new FleetSizes(clock);
  }

  @Produces
  @Singleton
  @Startup
  StateView<FleetSize> fleetSizeView(
      KafkaClients kafka, Clock clock, MeterRegistry meters, FleetSizes sizes) {
    var view = new StateView<>(Topics.FLEET_SIZES, kafka, clock, meters, sizes);
    view.start();
    return view;
  }

  void stopFleetSizes(@Disposes StateView<FleetSize> view) {
    view.close();
  }

  @Produces
  @Singleton
  @Startup
  StateView<Baseline> baselines(KafkaClients kafka, Clock clock, MeterRegistry meters) {
    var view = new StateView<>(Topics.BASELINES, kafka, clock, meters);
    view.start();
    return view;
  }

  void stopBaselines(@Disposes StateView<Baseline> view) {
    view.close();
  }

  @Produces
  @Singleton
  AccessKeys accessKeys(StateView<AccessKey> view, Clock clock) {
    return new AccessKeys(view, clock);
  }

  @Produces
  @Singleton
  Outbox outbox() {
    return new Outbox(SCHEMA);
  }

  @Produces
  @Singleton
  @Startup
  OutboxPublisher outboxPublisher(
      @ConfigProperty(name = "slipway.database.jdbc-url") String jdbcUrl,
      @ConfigProperty(name = "slipway.database.user") String user,
      @ConfigProperty(name = "slipway.database.password") String password,
      KafkaClients kafka,
      Clock clock,
      MeterRegistry meters) {
    var publisher =
        new OutboxPublisher(
            new OutboxDatabase(jdbcUrl, user, password, SCHEMA), kafka, clock, meters);
    publisher.start();
    return publisher;
  }

  void stop(@Disposes OutboxPublisher publisher) {
    publisher.close();
  }

  @Produces
  @Singleton
  DeadLetters deadLetters(KafkaClients kafka, MeterRegistry meters) {
    return new DeadLetters(kafka, meters);
  }

  void stop(@Disposes DeadLetters deadLetters) {
    deadLetters.close();
  }

  @Produces
  @Singleton
  @Readiness
  @Startup
  @Priority(1)
  HealthCheck topics(TopicGuard guard) {
    CompletableFuture<Void> ensured = guard.ensure(Topics.ALL);
    return Checks.topics(ensured);
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck views(
      StateView<AccessKey> accessKeys,
      StateView<BundleState> bundles,
      StateView<FleetSize> fleetSizes,
      StateView<Baseline> baselines) {
    return Checks.views(List.of(accessKeys, bundles, fleetSizes, baselines));
  }

  /// Up once an owner's key has come through its topic: from then on somebody can give orders. A
  /// service that was ready stays so, whatever becomes of the key.
  @Produces
  @Singleton
  @Readiness
  HealthCheck ownerKey(StateView<AccessKey> keys) {
    var known = new AtomicBoolean();
    return () -> {
      if (!known.get()) {
        known.set(keys.all().values().stream().anyMatch(key -> key.roles().contains(Role.OWNER)));
      }
      return HealthCheckResponse.named("owner-key").status(known.get()).build();
    };
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck outboxHealth(OutboxPublisher publisher) {
    return Checks.outbox(publisher);
  }
}
