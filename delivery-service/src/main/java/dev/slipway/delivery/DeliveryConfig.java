package dev.slipway.delivery;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Settings of the delivery service alone.
@ConfigMapping(prefix = "slipway.delivery")
public interface DeliveryConfig {

  /// Names this instance among the others; random, and stable while the process lives, unless
  /// given.
  Optional<String> instance();

  /// After this long without Kafka all rollouts count as paused.
  @WithDefault("PT30S")
  Duration staleAfter();

  /// Mixed into the hash of a sender's network, so that reports tell networks apart without saying
  /// which they are. A secret, the same on all instances and after a restart: telemetry counts
  /// failures per network. Without it the hash is made with what all instances know of the app,
  /// which whoever may read the topics knows too, and could undo by trying all networks.
  Optional<String> networkSalt();

  /// Addresses or ranges of proxies whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.
  Optional<List<String>> trustedProxies();

  /// How many reports wait for Kafka at most.
  @WithDefault("65536")
  int reportRing();

  /// How much memory those may take, roughly.
  @WithDefault("33554432")
  long reportRingBytes();

  /// How many downloads run at once; more are asked to come back.
  @WithDefault("128")
  int downloads();
}
