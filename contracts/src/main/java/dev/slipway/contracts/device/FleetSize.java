package dev.slipway.contracts.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.List;

/**
 * How many distinct devices asked one delivery instance for updates within the last days. Written
 * by the delivery service on {@code fleet-sizes} each minute while it changes, key: {@code
 * app/channel/instance}. Sketches of several instances are merged, never added up: devices move.
 *
 * @param sketches one per platform and native version
 */
public record FleetSize(
    AppId appId,
    ChannelName channel,
    String instance,
    long revision,
    List<Sketch> sketches,
    Instant at)
    implements State {
  public FleetSize {
    sketches = List.copyOf(sketches);
  }

  /**
   * @param registers HyperLogLog registers over a 64-bit hash of the device's id, in base64url
   *     (Flajolet et al. 2007)
   */
  public record Sketch(Platform platform, String nativeVersion, String registers) {}

  /** The record's key. */
  public String key() {
    return appId + "/" + channel + "/" + instance;
  }
}
