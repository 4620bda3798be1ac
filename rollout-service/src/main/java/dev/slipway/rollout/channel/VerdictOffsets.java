package dev.slipway.rollout.channel;

import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.heard.TakenUp;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;

/// Where verdicts are taken up.
@Singleton
@Identifier("verdicts")
public class VerdictOffsets extends TakenUp {

  public VerdictOffsets(HeardOffsets heard) {
    super(heard);
  }
}
