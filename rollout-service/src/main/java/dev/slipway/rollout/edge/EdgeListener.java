package dev.slipway.rollout.edge;

import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.DeadLetters;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/// Hears all delivery instances, from the time on at which this one started.
@ApplicationScoped
@Startup
public class EdgeListener {

  private static final Logger LOG = Logger.getLogger(EdgeListener.class);

  private final EdgeBook book;
  private final DeadLetters deadLetters;

  public EdgeListener(EdgeBook book, DeadLetters deadLetters, MeterRegistry meters) {
    this.book = book;
    this.deadLetters = deadLetters;
    Gauge.builder("slipway.edges.live", book, EdgeBook::live).register(meters);
  }

  @Incoming("edge-acks")
  Uni<Void> hear(ConsumerRecord<String, byte[]> record) {
    EdgeAck ack;
    try {
      ack = Message.read(Topics.EDGE_ACKS, record.value());
    } catch (MalformedRecordException e) {
      // Every replica hears it; the key of the letter is the same for all.
      return Uni.createFrom()
          .completionStage(() -> deadLetters.send(record, e))
          .onFailure()
          .invoke(
              failure ->
                  LOG.errorf(
                      failure,
                      "An acknowledgement that cannot be read was dropped: partition=%d offset=%d",
                      record.partition(),
                      record.offset()))
          .onFailure()
          .recoverWithNull();
    }
    book.heard(ack);
    return Uni.createFrom().voidItem();
  }
}
