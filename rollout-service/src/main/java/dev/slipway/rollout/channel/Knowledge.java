package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.decisions.Targeting;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.fleet.FleetSizes;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Facts;
import dev.slipway.rollout.plan.Order;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// What other services have said that decisions depend on.
@ApplicationScoped
public class Knowledge {

  private static final double HIGHEST_BASE_RATE = 0.3;

  private final PublishedVersions versions;
  private final FleetSizes sizes;
  private final StateView<Baseline> baselines;

  public Knowledge(PublishedVersions versions, FleetSizes sizes, StateView<Baseline> baselines) {
    this.versions = versions;
    this.sizes = sizes;
    this.baselines = baselines;
  }

  /// For an order about this channel.
  Facts of(Channel channel, Order order) {
    return switch (order) {
      case Order.Start(var proposal, _, _, _) -> of(channel, Optional.of(proposal));
      case Order.Draft(var proposal, _, _) -> of(channel, Optional.of(proposal));
      case Order.Reopen _,
          Order.ChangeRules _,
          Order.Delete _,
          Order.RetryFrom _,
          Order.Quarantine _,
          Order.ReportRefusal _,
          Order.Personal _,
          Order.VerdictReceived _,
          Order.ClockTick _ ->
          of(channel, Optional.empty());
    };
  }

  Facts of(Channel channel, Optional<Order.Proposal> proposal) {
    var wanted = new HashSet<>(channel.versions());
    proposal.ifPresent(it -> wanted.add(it.version()));
    var releases = new HashMap<Version, Facts.Release>();
    for (var version : wanted) {
      versions.release(channel.appId(), version).ifPresent(it -> releases.put(version, it));
    }
    var eligible = new HashMap<RolloutId, Long>();
    for (var rollout : channel.rollouts().values()) {
      if (rollout.state().isActive() || rollout.state().isPlanned()) {
        count(eligible, channel, rollout.id(), rollout.targeting());
      }
    }
    proposal.ifPresent(it -> count(eligible, channel, it.id(), it.targeting()));
    return new Facts(releases, eligible, usual(channel.appId()).orElse(null));
  }

  /// How many devices of the channel these conditions let in, as far as is known.
  OptionalLong eligible(Channel channel, Targeting targeting) {
    return sizes.eligible(channel.appId(), channel.name(), channel.rules(), targeting);
  }

  Optional<Baseline> usual(AppId app) {
    return baselines.find(app.text());
  }

  /// The shipped settings over the app's base rate, once completed rollouts told it.
  Policy policy(AppId app) {
    return usual(app)
        .filter(it -> it.rollouts() > 0)
        .flatMap(
            it ->
                it.rates().stream()
                    .filter(rate -> rate.signal() == Baseline.Signal.START)
                    .filter(rate -> rate.platform() == null && rate.trials() > 0)
                    .findFirst())
        .map(rate -> (double) rate.failures() / rate.trials())
        .map(rate -> Policy.forBaseRate(Math.min(rate, HIGHEST_BASE_RATE), true))
        .orElse(Policy.CAUTIOUS);
  }

  private void count(
      Map<RolloutId, Long> eligible, Channel channel, RolloutId id, List<Condition> targeting) {
    if (Targeting.fault(targeting).isPresent()) return;
    eligible(channel, Targeting.of(targeting)).ifPresent(devices -> eligible.put(id, devices));
  }
}
