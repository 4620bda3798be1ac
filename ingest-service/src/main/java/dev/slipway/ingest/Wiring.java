package dev.slipway.ingest;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.ingest.blob.Spool;
import dev.slipway.ingest.storage.ObjectStore;
import dev.slipway.ingest.storage.StorageConfig;
import dev.slipway.kit.access.AccessKeys;
import dev.slipway.kit.outbox.Outbox;
import dev.slipway.kit.outbox.OutboxDatabase;
import dev.slipway.kit.outbox.OutboxPublisher;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.StateView;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// What the service is made of.
class Wiring {

  private static final String SCHEMA = "ingest";

  @Produces
  @Singleton
  Clock clock() {
    return Clock.systemUTC();
  }

  @Produces
  @Singleton
  KafkaClients kafka(@ConfigProperty(name = "kafka.bootstrap.servers") String servers) {
    return new KafkaClients(servers, "ingest-service");
  }

  @Produces
  @Singleton
  TopicGuard topicGuard(
      KafkaClients kafka, @ConfigProperty(name = "slipway.topics.profile") String profile) {
    return new TopicGuard(kafka, TopicProfile.named(profile));
  }

  @Produces
  @Singleton
  StateView<AppState> apps(KafkaClients kafka, Clock clock, MeterRegistry meters) {
    return new StateView<>(Topics.APPS, kafka, clock, meters);
  }

  @Produces
  @Singleton
  StateView<AccessKey> accessKeyStates(KafkaClients kafka, Clock clock, MeterRegistry meters) {
    return new StateView<>(Topics.ACCESS_KEYS, kafka, clock, meters);
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
  OutboxPublisher outboxPublisher(
      @ConfigProperty(name = "slipway.database.jdbc-url") String url,
      @ConfigProperty(name = "slipway.database.user") String user,
      @ConfigProperty(name = "slipway.database.password") String password,
      KafkaClients kafka,
      Clock clock,
      MeterRegistry meters) {
    return new OutboxPublisher(
        new OutboxDatabase(url, user, password, SCHEMA), kafka, clock, meters);
  }

  @Produces
  @Singleton
  ObjectStore objectStore(StorageConfig config) {
    return new ObjectStore(config);
  }

  @Produces
  @Singleton
  Spool spool(IngestConfig config) throws IOException {
    return new Spool(
        config.spool().directory(),
        config.maxBlobSize().asLongValue(),
        config.spool().quota().asLongValue(),
        new Spool.Pace(config.pace().grace().toNanos(), config.pace().minimum().asLongValue()),
        System::nanoTime);
  }

  void close(@Disposes TopicGuard guard) {
    guard.close();
  }

  void closeApps(@Disposes StateView<AppState> view) {
    view.close();
  }

  void closeAccessKeys(@Disposes StateView<AccessKey> view) {
    view.close();
  }

  void close(@Disposes OutboxPublisher publisher) {
    publisher.close();
  }

  void close(@Disposes ObjectStore store) {
    store.close();
  }

  void close(@Disposes Spool spool) throws IOException {
    spool.close();
  }
}
