package dev.slipway.telemetry.stream;

import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;

/// Keeps the newest state of every channel. A state that cannot be read is passed over and counted,
/// an older one is ignored.
final class PlanProcessor implements Processor<String, byte[], Void, Void> {

  static final String PLANS = "plans";

  private static final Logger LOG = Logger.getLogger(PlanProcessor.class);

  private final TelemetryMetrics metrics;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, ChannelState> plans;

  PlanProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    plans = context.getStateStore(PLANS);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    if (record.key() == null) return;
    if (record.value() == null) {
      plans.delete(record.key());
      return;
    }
    try {
      var state = Message.read(Topics.CHANNEL_STATES, record.value());
      if (!state.key().equals(record.key())) {
        throw new MalformedRecordException("the key names another channel");
      }
      var known = plans.get(record.key());
      if (known == null || known.revision() < state.revision()) plans.put(record.key(), state);
    } catch (MalformedRecordException e) {
      metrics.unreadablePlan();
      LOG.errorf("A channel's state is passed over: reason=%s", e.getMessage());
    }
  }
}
