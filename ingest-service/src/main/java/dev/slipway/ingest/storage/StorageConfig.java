package dev.slipway.ingest.storage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// Where the objects are.
@ConfigMapping(prefix = "slipway.s3")
public interface StorageConfig {

  String endpoint();

  String accessKey();

  String secretKey();

  String bucket();

  @WithDefault("us-east-1")
  String region();

  @WithDefault("PT3S")
  Duration connectTimeout();

  /// The longest silence within a request before the store counts as unavailable.
  @WithDefault("PT15S")
  Duration silence();
}
