package dev.slipway.rollout.heard;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Tries what a record asks for until it is done, such as while PostgreSQL is away: the line waits.
public final class UntilDone {

  private static final Logger LOG = Logger.getLogger(UntilDone.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);

  private UntilDone() {}

  public static Uni<Void> untilDone(Supplier<Uni<Void>> attempt, ConsumerRecord<?, ?> record) {
    var context = Vertx.currentContext();
    return Uni.createFrom()
        .deferred(attempt::get)
        // A session belongs to the context that the record came on; a retry comes from a timer.
        .runSubscriptionOn(on(context))
        .onFailure()
        .invoke(
            e ->
                LOG.errorf(
                    e,
                    "A record waits: topic=%s partition=%d offset=%d",
                    record.topic(),
                    record.partition(),
                    record.offset()))
        .onFailure()
        .retry()
        .withBackOff(FIRST_RETRY, LAST_RETRY)
        .indefinitely();
  }

  private static Executor on(@Nullable Context context) {
    return task -> {
      if (context == null || context.equals(Vertx.currentContext())) {
        task.run();
      } else {
        context.runOnContext(_ -> task.run());
      }
    };
  }
}
