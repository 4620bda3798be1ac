package dev.slipway.delivery;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/// Where bundles lie.
@ConfigMapping(prefix = "slipway.s3")
public interface S3Config {

  String endpoint();

  /// Where devices reach the store, for signed addresses; the same unless given.
  Optional<String> publicEndpoint();

  String accessKey();

  String secretKey();

  String bucket();

  /// Named, so that the client need not ask for it.
  @WithDefault("us-east-1")
  String region();
}
