package dev.slipway.rollout.preview;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Reach;
import dev.slipway.contracts.rollout.RolloutPreview;
import dev.slipway.contracts.rollout.RolloutPreview.Catch;
import dev.slipway.contracts.rollout.RolloutPreview.Overlap;
import dev.slipway.contracts.rollout.RolloutPreview.PreviewStage;
import dev.slipway.decisions.CatchChance;
import dev.slipway.decisions.Targeting;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Facts;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Outcome;
import dev.slipway.rollout.plan.Rollout;
import dev.slipway.rollout.plan.Stages;
import dev.slipway.rollout.plan.Starts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Works out what a plan would do. Pure; takes up to a second for large fleets.
final class Preview {

  /// Of which share of starts the releases fail that are asked about.
  static final double[] RATES = {0.02, 0.03, 0.05, 0.10};

  private final Channel channel;
  private final Proposal proposal;
  private final boolean supersede;
  private final Facts facts;
  private final List<Rollout> recent;

  /// @param recent rollouts of the channel that have started, the newest first
  Preview(
      Channel channel, Proposal proposal, boolean supersede, Facts facts, List<Rollout> recent) {
    this.channel = channel;
    this.proposal = proposal;
    this.supersede = supersede;
    this.facts = facts;
    this.recent = recent;
  }

  RolloutPreview show() {
    var eligible = Optional.ofNullable(facts.eligible().get(proposal.id()));
    var stages = stages(eligible);
    return new RolloutPreview(
        proposal.version(),
        eligible.orElse(null),
        Targeting.of(proposal.targeting()).readsMoreThanSizes(),
        proposal.policy(),
        stages,
        recent.stream().map(it -> overlap(it, stages)).toList(),
        Starts.obstacle(channel, proposal.version(), supersede, facts)
            .map(Outcome.Refused::detail)
            .orElse(null),
        warnings(eligible));
  }

  private List<PreviewStage> stages(Optional<Long> eligible) {
    int count = proposal.stages().size();
    var exposures = new Exposure[count];
    var devices = new @Nullable Long[count];
    var skipped = new boolean[count];
    Exposure widest = Exposure.NONE;
    long most = 0;
    for (int i = 0; i < count; i++) {
      exposures[i] = Stages.width(proposal.stages(), i, eligible).exposure();
      devices[i] = devices(proposal.stages().get(i).exposure(), exposures[i], eligible);
      skipped[i] = exposures[i].compareTo(widest) <= 0;
      if (!skipped[i]) widest = exposures[i];
      Long known = devices[i];
      if (known != null) most = Math.max(most, known);
    }
    var chance = CatchChance.ofFirstProcess(proposal.policy(), most);
    var shown = new ArrayList<PreviewStage>();
    for (int i = 0; i < count; i++) {
      shown.add(
          new PreviewStage(
              i,
              proposal.stages().get(i).exposure(),
              exposures[i],
              devices[i],
              skipped[i],
              catches(chance, devices[i])));
    }
    return shown;
  }

  private static @Nullable Long devices(Reach reach, Exposure exposure, Optional<Long> eligible) {
    if (eligible.isPresent()) {
      return Math.round((double) eligible.get() * exposure.ppm() / Exposure.ALL.ppm());
    }
    return switch (reach) {
      case Reach.Devices(long count) -> count;
      case Exposure _ -> null;
    };
  }

  private static List<Catch> catches(CatchChance chance, @Nullable Long devices) {
    if (devices == null) return List.of();
    var catches = new ArrayList<Catch>();
    for (double rate : RATES) {
      var forecast = chance.of(rate, devices)[0];
      catches.add(new Catch(rate, forecast.caught(), forecast.broken()));
    }
    return catches;
  }

  /// Cohorts of different salts are independent; a rollout that supersedes another keeps its salt,
  /// and then the smaller cohort is part of the larger.
  private Overlap overlap(Rollout other, List<PreviewStage> stages) {
    boolean same = supersede && other.id().equals(channel.active());
    double theirs = (double) other.exposure().ppm() / Exposure.ALL.ppm();
    var shared =
        stages.stream()
            .map(stage -> (double) stage.exposure().ppm() / Exposure.ALL.ppm())
            .map(mine -> same ? Math.min(mine, theirs) / mine : theirs)
            .toList();
    return new Overlap(
        other.id(), channel.name(), other.version(), other.state(), other.exposure(), shared);
  }

  private List<String> warnings(Optional<Long> eligible) {
    var warnings = new ArrayList<String>();
    var policy = proposal.policy();
    boolean counts =
        proposal.stages().stream().anyMatch(it -> it.exposure() instanceof Reach.Devices);
    if (eligible.isEmpty() && counts) {
      warnings.add(
          "No device of the channel was seen yet: a stage of a number of devices opens to 1 % and"
              + " stops when so many have tried the version.");
    }
    if (!policy.baseRateKnown() && policy.onUnhealthy() == Policy.OnUnhealthy.ROLLBACK) {
      warnings.add(
          "The app's usual failure rate is not known yet: unless at least a tenth of the starts"
              + " fail, the reports only pause the rollout.");
    }
    Starts.alone(channel, null, policy, facts)
        .ifPresent(
            refused -> warnings.add("One person cannot start it: " + refused.detail() + "."));
    if (policy.trustsFewerReports()) {
      warnings.add(
          "%d attempts, %d failures and %d networks are enough to roll back. Anybody can send"
                  .formatted(policy.minAttempts(), policy.minFailures(), policy.minNetworks())
              + " reports: with so few, somebody who wants to can bring the rollout back.");
    }
    eligible
        .filter(devices -> devices < policy.minAttempts())
        .ifPresent(
            devices ->
                warnings.add(
                    "%,d devices cannot make %,d attempts: the reports can pause the rollout, but"
                            .formatted(devices, policy.minAttempts())
                        + " not roll it back."));
    long floor = epoch(proposal.version());
    if (!channel.baseline().isBuiltin() && floor > epoch(channel.baseline())) {
      warnings.add(
          "Version %s raises the security floor above %s: once devices run it, it cannot be rolled"
                  .formatted(proposal.version(), channel.baseline())
              + " back, only paused and followed by a fix.");
    }
    return warnings;
  }

  private long epoch(Version version) {
    var release = facts.releases().get(version);
    return release == null ? 0 : release.securityEpoch();
  }
}
