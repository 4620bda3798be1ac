package dev.slipway.contracts.topic;

import dev.slipway.contracts.access.AccessKey;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.bundle.PublisherEvent;
import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.topic.Topic.Compacted;
import dev.slipway.contracts.topic.Topic.For;
import dev.slipway.contracts.topic.Topic.Spread;
import dev.slipway.contracts.topic.Topic.Stamped;
import java.time.Duration;
import java.util.List;

/** Every topic of the suite. The key of each is said by the Javadoc of its value. */
public final class Topics {

  private static final String INGEST = "ingest-service";
  private static final String ROLLOUT = "rollout-service";
  private static final String DELIVERY = "delivery-service";
  private static final String TELEMETRY = "telemetry-service";

  public static final Topic<AppState> APPS = compacted("apps", AppState.class, ROLLOUT);
  public static final Topic<AccessKey> ACCESS_KEYS =
      compacted("access-keys", AccessKey.class, ROLLOUT);
  public static final Topic<BundleState> BUNDLES = compacted("bundles", BundleState.class, INGEST);
  public static final Topic<PublisherEvent> PUBLISHER_EVENTS =
      kept("publisher-events", PublisherEvent.class, INGEST, Spread.CONTROL, 365);
  public static final Topic<ChannelState> CHANNEL_STATES =
      compacted("channel-states", ChannelState.class, ROLLOUT);
  public static final Topic<Verdict> ROLLOUT_VERDICTS =
      compacted("rollout-verdicts", Verdict.class, TELEMETRY);
  public static final Topic<RolloutEvent> ROLLOUT_EVENTS =
      kept("rollout-events", RolloutEvent.class, ROLLOUT, Spread.CONTROL, 365);

  public static final Topic<DeviceOverride> DEVICE_OVERRIDES =
      perDevice("device-overrides", DeviceOverride.class, ROLLOUT);
  public static final Topic<DeviceChannel> DEVICE_CHANNELS =
      perDevice("device-channels", DeviceChannel.class, DELIVERY);
  public static final Topic<DeviceFailures> DEVICE_FAILURES =
      perDevice("device-failures", DeviceFailures.class, TELEMETRY);
  public static final Topic<FleetSize> FLEET_SIZES =
      compacted("fleet-sizes", FleetSize.class, DELIVERY);
  public static final Topic<Baseline> BASELINES = compacted("baselines", Baseline.class, TELEMETRY);

  /**
   * Dated by the broker: a device's clock says little, and deadlines must fall in the order of the
   * log.
   */
  public static final Topic<DeviceEvent> DEVICE_EVENTS =
      new Topic<>(
          "slipway.device-events",
          DeviceEvent.class,
          DELIVERY,
          Spread.DEVICES,
          new For(Duration.ofDays(7)),
          Stamped.BY_BROKER);

  public static final Topic<OutcomeDelta> OUTCOME_DELTAS =
      kept("outcome-deltas", OutcomeDelta.class, TELEMETRY, Spread.CONTROL, 90);
  public static final Topic<EdgeAck> EDGE_ACKS =
      kept("edge-acks", EdgeAck.class, DELIVERY, Spread.CONTROL, 1);

  /**
   * Records that could not be read, as they came; every service writes its own. Key:
   * topic-partition-offset.
   */
  public static final Topic<byte[]> DEAD_LETTERS =
      kept("dead-letters", byte[].class, "every service", Spread.CONTROL, 30);

  /** All of them, in the order of the flow. */
  public static final List<Topic<?>> ALL =
      List.of(
          APPS,
          ACCESS_KEYS,
          BUNDLES,
          PUBLISHER_EVENTS,
          CHANNEL_STATES,
          DEVICE_OVERRIDES,
          ROLLOUT_EVENTS,
          DEVICE_EVENTS,
          DEVICE_CHANNELS,
          FLEET_SIZES,
          OUTCOME_DELTAS,
          ROLLOUT_VERDICTS,
          DEVICE_FAILURES,
          BASELINES,
          EDGE_ACKS,
          DEAD_LETTERS);

  private Topics() {}

  private static <T> Topic<T> compacted(String name, Class<T> type, String writer) {
    return new Topic<>(
        "slipway." + name, type, writer, Spread.CONTROL, new Compacted(), Stamped.BY_PRODUCER);
  }

  private static <T> Topic<T> perDevice(String name, Class<T> type, String writer) {
    return new Topic<>(
        "slipway." + name, type, writer, Spread.DEVICES, new Compacted(), Stamped.BY_PRODUCER);
  }

  private static <T> Topic<T> kept(
      String name, Class<T> type, String writer, Spread spread, int days) {
    return new Topic<>(
        "slipway." + name,
        type,
        writer,
        spread,
        new For(Duration.ofDays(days)),
        Stamped.BY_PRODUCER);
  }
}
