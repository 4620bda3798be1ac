package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.StartRollout;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Salt;
import dev.slipway.rollout.plan.Stages;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;

/// Makes plans whole: what nobody gave is what is shipped, or what the app's past suggests.
@ApplicationScoped
public class Proposals {

  private final Knowledge knowledge;
  private final PublishedVersions versions;
  private final SecureRandom random;

  public Proposals(Knowledge knowledge, PublishedVersions versions, SecureRandom random) {
    this.knowledge = knowledge;
    this.versions = versions;
    this.random = random;
  }

  /// A new rollout by this plan.
  public Proposal of(AppId app, StartRollout plan) {
    return new Proposal(
        RolloutId.of(UUID.randomUUID().toString()),
        plan.version(),
        plan.stages() == null ? Stages.DEFAULT : plan.stages(),
        plan.policy() == null ? knowledge.policy(app) : plan.policy(),
        plan.targeting() == null ? List.of() : plan.targeting(),
        Salt.draw(random));
  }

  /// Done once the version is known, or is certain not to be.
  public Uni<Void> known(AppId app, Version version) {
    return versions.known(app, version);
  }
}
