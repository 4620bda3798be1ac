package dev.slipway.rollout.channel;

import dev.slipway.rollout.heard.HeardOffsets;
import dev.slipway.rollout.heard.TakenUp;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;

/// Where verdicts are taken up.
@ApplicationScoped
@Identifier("verdicts")
public class VerdictOffsets extends TakenUp {

  public VerdictOffsets(HeardOffsets heard) {
    super(heard);
  }
}
