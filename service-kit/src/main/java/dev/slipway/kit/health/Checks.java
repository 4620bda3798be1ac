package dev.slipway.kit.health;

import dev.slipway.kit.outbox.OutboxPublisher;
import dev.slipway.kit.topic.StateView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/// Health checks that a service produces as `@Readiness` beans.
public final class Checks {

  private Checks() {}

  /// Up when every view has caught up once.
  public static HealthCheck views(List<? extends StateView<?>> views) {
    return () -> {
      var answer = HealthCheckResponse.named("views");
      boolean up = true;
      for (var view : views) {
        up &= view.isCaughtUp();
        answer.withData(view.topic().name(), view.isCaughtUp() ? "caught up" : "reading");
      }
      return answer.status(up).build();
    };
  }

  /// Up when the topic guard is content.
  ///
  /// @param ensured what [dev.slipway.kit.topic.TopicGuard#ensure] returned
  public static HealthCheck topics(CompletableFuture<Void> ensured) {
    return () -> {
      var answer = HealthCheckResponse.named("topics");
      return switch (ensured.state()) {
        case SUCCESS -> answer.up().build();
        case RUNNING -> answer.down().withData("reason", "Kafka has not answered yet").build();
        case FAILED, CANCELLED -> {
          var reason =
              ensured.state() == Future.State.FAILED
                  ? String.valueOf(ensured.exceptionNow().getMessage())
                  : "cancelled";
          yield answer.down().withData("reason", reason).build();
        }
      };
    };
  }

  /// Always up: what is written waits while Kafka is away. Tells whether this instance publishes.
  public static HealthCheck outbox(OutboxPublisher publisher) {
    return () ->
        HealthCheckResponse.named("outbox")
            .withData("publishing", publisher.isPublishing())
            .up()
            .build();
  }
}
