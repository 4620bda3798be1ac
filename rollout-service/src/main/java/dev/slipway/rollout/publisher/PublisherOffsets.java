package dev.slipway.rollout.publisher;

import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.heard.TakenUp;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;

/// Where what happened to publishers' certificates is taken up.
@Singleton
@Identifier("publisher-events")
public class PublisherOffsets extends TakenUp {

  public PublisherOffsets(HeardOffsets heard) {
    super(heard);
  }
}
