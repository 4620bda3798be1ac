package dev.slipway.rollout.channel;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.util.Collection;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/// Takes up the verdicts where the database left off: the group's own commits may be behind what
// was
/// done, or, after a restore of the database, ahead of it. Where Kafka lost its log, it begins
// anew.
@ApplicationScoped
@Identifier("verdicts")
public class VerdictOffsets implements KafkaConsumerRebalanceListener {

  private static final Logger LOG = Logger.getLogger(VerdictOffsets.class);

  private final HeardOffsets heard;

  public VerdictOffsets(HeardOffsets heard) {
    this.heard = heard;
  }

  @Override
  public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    try {
      var next = heard.next();
      var ends = consumer.endOffsets(partitions);
      for (var partition : partitions) {
        long from = next.getOrDefault(partition.partition(), 0L);
        if (from <= ends.getOrDefault(partition, 0L)) consumer.seek(partition, from);
        else consumer.seekToBeginning(java.util.List.of(partition));
      }
    } catch (SQLException e) {
      // The group's own commits do: a verdict that is heard again changes nothing.
      LOG.warnf("Verdicts go on from the group's offsets: reason=%s", e.getMessage());
    }
  }
}
