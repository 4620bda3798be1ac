package dev.slipway.telemetry.stream;

import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.TelemetryMetrics;
import dev.slipway.telemetry.verdict.Course;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jboss.logging.Logger;

/// Keeps the course of every rollout of the last year. An event that cannot be read is passed over
/// and counted.
final class CourseProcessor implements Processor<String, byte[], Void, Void> {

  static final String COURSES = "courses";

  private static final Logger LOG = Logger.getLogger(CourseProcessor.class);

  private final TelemetryMetrics metrics;

  @SuppressWarnings("NullAway.Init")
  private KeyValueStore<String, Course> courses;

  CourseProcessor(TelemetryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    courses = context.getStateStore(COURSES);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    try {
      var event = Message.read(Topics.ROLLOUT_EVENTS, record.value());
      var about = event.subject();
      var rollout = about.rolloutId();
      var version = about.version();
      // Also told here: what is about a channel as a whole.
      if (rollout == null || version == null) return;
      Course known = courses.get(rollout.text());
      courses.put(
          rollout.text(), (known == null ? Course.begin(rollout, version) : known).after(event));
    } catch (MalformedRecordException e) {
      metrics.unreadablePlan();
      LOG.errorf("A rollout's event is passed over: reason=%s", e.getMessage());
    }
  }
}
