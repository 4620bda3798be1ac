package dev.slipway.telemetry;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

/// What an operator may set beside Kafka Streams' own settings (`kafka-streams.*`).
@ConfigMapping(prefix = "slipway.topics")
interface TelemetryConfig {

  /// `single` or `replicated`.
  @WithName("profile")
  @WithDefault("single")
  String topicProfile();
}
