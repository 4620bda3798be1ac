package dev.slipway.rollout.heard;

import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/// Takes a topic up where the database left off: the group's own commits may be behind what was
/// done, or, after a restore of the database, ahead of it. Where Kafka lost its log, it begins
/// anew. Each channel that is heard so has a subclass of its own, identified by the channel's name.
public abstract class TakenUp implements KafkaConsumerRebalanceListener {

  private static final Logger LOG = Logger.getLogger(TakenUp.class);

  private final HeardOffsets heard;

  protected TakenUp(HeardOffsets heard) {
    this.heard = heard;
  }

  @Override
  public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    try {
      var ends = consumer.endOffsets(partitions);
      for (var partition : partitions) {
        var next = heard.next(partition.topic());
        long from = next.getOrDefault(partition.partition(), 0L);
        if (from <= ends.getOrDefault(partition, 0L)) consumer.seek(partition, from);
        else consumer.seekToBeginning(List.of(partition));
      }
    } catch (SQLException e) {
      // The group's own commits do: a record that is heard again changes nothing.
      LOG.warnf("Records are taken up at the group's offsets: reason=%s", e.getMessage());
    }
  }
}
