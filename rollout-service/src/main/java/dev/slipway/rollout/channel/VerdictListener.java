package dev.slipway.rollout.channel;

import static dev.slipway.rollout.heard.UntilDone.untilDone;

import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.DeadLetters;
import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.plan.Order;
import dev.slipway.rollout.plan.Outcome;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/// Hears telemetry's verdicts, one after the other. A record counts as heard when its effect is
/// stored; a repeat has none. While PostgreSQL is away the line waits; a record that cannot be read
/// goes to the dead letters.
@ApplicationScoped
public class VerdictListener {

  private static final Logger LOG = Logger.getLogger(VerdictListener.class);

  private final ChannelBook book;
  private final DeadLetters deadLetters;
  private final MeterRegistry meters;

  public VerdictListener(ChannelBook book, DeadLetters deadLetters, MeterRegistry meters) {
    this.book = book;
    this.deadLetters = deadLetters;
    this.meters = meters;
  }

  @Incoming("verdicts")
  Uni<Void> hear(ConsumerRecord<String, byte[]> record) {
    // Telemetry takes a verdict away with a tombstone when the rollout is long over.
    if (record.value() == null) return Uni.createFrom().voidItem();
    Verdict verdict;
    try {
      verdict = Message.read(Topics.ROLLOUT_VERDICTS, record.value());
    } catch (MalformedRecordException e) {
      return untilDone(
          () -> Uni.createFrom().completionStage(() -> deadLetters.send(record, e)), record);
    }
    var order = new Order.VerdictReceived(verdict);
    var position = HeardOffsets.Position.of(record);
    return untilDone(
        () ->
            book.hear(order, position)
                .invoke(outcome -> count(verdict, outcome))
                .replaceWithVoid()
                .onFailure(Refusal.class)
                .recoverWithUni(() -> unknown(verdict)),
        record);
  }

  private void count(Verdict verdict, Outcome outcome) {
    boolean acted = outcome instanceof Outcome.Accepted(var events, _) && !events.isEmpty();
    meters
        .counter(
            "slipway.verdicts", "health", verdict.health().name(), "acted", Boolean.toString(acted))
        .increment();
    if (acted) {
      LOG.infof(
          "A verdict changed a rollout: rollout=%s health=%s action=%s revision=%d",
          verdict.rolloutId(), verdict.health(), verdict.action(), verdict.revision());
    }
  }

  private Uni<Void> unknown(Verdict verdict) {
    LOG.warnf("A verdict on a rollout that is not known: rollout=%s", verdict.rolloutId());
    meters.counter("slipway.verdicts.unknown").increment();
    return Uni.createFrom().voidItem();
  }
}
