package dev.slipway.telemetry.stream;

import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;

/// Keeps what is usual of every app, as telemetry itself said it.
final class BaselineProcessor implements Processor<String, byte[], Void, Void> {

  static final String BASELINES = "known-baselines";

  private static final Logger LOG = Logger.getLogger(BaselineProcessor.class);

  private final TelemetryMetrics metrics;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Baseline> baselines;

  BaselineProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    baselines = context.getStateStore(BASELINES);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    if (record.key() == null) return;
    if (record.value() == null) {
      baselines.delete(record.key());
      return;
    }
    try {
      var read = Message.read(Topics.BASELINES, record.value());
      var known = baselines.get(record.key());
      if (known == null || known.revision() < read.revision()) baselines.put(record.key(), read);
    } catch (MalformedRecordException e) {
      metrics.unreadablePlan();
      LOG.errorf("A baseline is passed over: reason=%s", e.getMessage());
    }
  }
}
