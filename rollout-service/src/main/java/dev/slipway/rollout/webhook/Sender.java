package dev.slipway.rollout.webhook;

import dev.slipway.rollout.webhook.Courier.Answer;
import dev.slipway.rollout.webhook.WebhookBook.Parcel;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/// Posts the messages that are due. Any number of replicas may do so.
@ApplicationScoped
public class Sender {

  private static final Logger LOG = Logger.getLogger(Sender.class);
  private static final int AT_ONCE = 32;

  private final WebhookBook book;
  private final Courier courier;
  private final MeterRegistry meters;
  private final Clock clock;
  private final Vertx vertx;
  private final AtomicInteger underWay = new AtomicInteger();

  public Sender(WebhookBook book, Courier courier, MeterRegistry meters, Clock clock, Vertx vertx) {
    this.book = book;
    this.courier = courier;
    this.meters = meters;
    this.clock = clock;
    this.vertx = vertx;
  }

  /// Takes what is due and sends it on its way; does not wait for answers.
  @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> post() {
    int free = AT_ONCE - underWay.get();
    if (free <= 0) return Uni.createFrom().voidItem();
    return book.claim(free)
        .invoke(parcels -> parcels.forEach(this::post))
        .replaceWithVoid()
        .onFailure()
        .invoke(e -> LOG.warnf("Messages could not be looked for: reason=%s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  @Scheduled(every = "1h", concurrentExecution = ConcurrentExecution.SKIP)
  Uni<Void> forget() {
    return book.forget().replaceWithVoid().onFailure().recoverWithNull();
  }

  private void post(Parcel parcel) {
    underWay.incrementAndGet();
    var now = clock.instant();
    var headers =
        Map.of(
            "webhook-id",
            parcel.messageId(),
            "webhook-timestamp",
            Long.toString(now.getEpochSecond()),
            "webhook-signature",
            parcel.secrets().sign(parcel.messageId(), now, parcel.body()));
    courier
        .post(parcel.url(), headers, parcel.body())
        .subscribe()
        .with(answer -> answered(parcel, answer), e -> answered(parcel, lost(e)));
  }

  private static Answer lost(Throwable e) {
    return new Answer.None("the exchange broke off: " + e.getClass().getSimpleName());
  }

  /// In a context of its own: a database session belongs to one.
  private void answered(Parcel parcel, Answer answer) {
    underWay.decrementAndGet();
    meters.counter("slipway.webhooks.posted", "outcome", outcome(answer)).increment();
    var context =
        Objects.requireNonNull(VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext()));
    VertxContextSafetyToggle.setContextSafe(context, true);
    context.runOnContext(
        _ ->
            book.answered(parcel, answer)
                .subscribe()
                .with(
                    _ -> {},
                    e ->
                        LOG.warnf(
                            "An answer was not booked; the message is posted again: webhook=%s"
                                + " message=%s reason=%s",
                            parcel.webhookId(), parcel.messageId(), e.getMessage())));
  }

  private static String outcome(Answer answer) {
    return switch (answer) {
      case Answer.Status status -> status.isTaken() ? "delivered" : "refused";
      case Answer.None _ -> "failed";
    };
  }
}
