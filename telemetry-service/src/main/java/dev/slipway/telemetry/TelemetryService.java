package dev.slipway.telemetry;

import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.health.Checks;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.kit.topic.TopicGuard;
import dev.slipway.kit.topic.TopicProfile;
import dev.slipway.telemetry.stream.TelemetryTopology;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/// Wires the service: the topics are ensured, then Quarkus starts the topology, which waits for its
/// topics to be there.
@Singleton
final class TelemetryService {

  private static final Logger LOG = Logger.getLogger(TelemetryService.class);

  private static final List<Topic<?>> TOPICS =
      List.of(
          Topics.DEVICE_EVENTS,
          Topics.CHANNEL_STATES,
          Topics.ROLLOUT_EVENTS,
          Topics.BASELINES,
          Topics.DEVICE_FAILURES,
          Topics.OUTCOME_DELTAS,
          Topics.ROLLOUT_VERDICTS,
          Topics.DEAD_LETTERS);

  private final TopicGuard guard;
  private final CompletableFuture<Void> topics;
  private final TelemetryMetrics metrics;

  TelemetryService(
      TelemetryConfig config,
      @ConfigProperty(name = "kafka.bootstrap.servers") String bootstrapServers,
      MeterRegistry meters) {
    var kafka = new KafkaClients(bootstrapServers, "telemetry-service");
    guard = new TopicGuard(kafka, TopicProfile.named(config.topicProfile()));
    topics = guard.ensure(TOPICS);
    metrics = new TelemetryMetrics(meters);
  }

  /// Topics whose settings would change what records mean stop the service before it counts.
  void onStart(@Observes StartupEvent event, KafkaStreams streams) {
    topics.whenComplete(
        (_, refused) -> {
          if (refused != null) streams.close();
        });
  }

  void onStop(@Observes ShutdownEvent event) {
    guard.close();
  }

  @Produces
  @Singleton
  Topology topology() {
    return TelemetryTopology.of(metrics);
  }

  /// What a thread could not do another one tries again, from the last transaction on.
  @Produces
  @Singleton
  StreamsUncaughtExceptionHandler replaceThread() {
    return failure -> {
      LOG.error("A thread of the topology failed, another one takes its place", failure);
      metrics.replacedThread();
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    };
  }

  @Produces
  @Singleton
  @Readiness
  HealthCheck topicsFit() {
    return Checks.topics(topics);
  }

  /// Also while Kafka is away: the threads wait for it.
  @Produces
  @Singleton
  @Readiness
  HealthCheck streamsRun(KafkaStreams streams) {
    return () -> {
      var state = streams.state();
      return HealthCheckResponse.named("streams")
          .withData("state", state.name())
          .status(state == KafkaStreams.State.RUNNING)
          .build();
    };
  }

  /// Down when only a new start can help.
  @Produces
  @Singleton
  @Liveness
  HealthCheck streamsAlive(KafkaStreams streams) {
    return () -> {
      var state = streams.state();
      return HealthCheckResponse.named("streams")
          .withData("state", state.name())
          .status(state != KafkaStreams.State.ERROR && !state.hasStartedOrFinishedShuttingDown())
          .build();
    };
  }
}
