package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Samples.ANNA;
import static dev.slipway.rollout.plan.Samples.APP;
import static dev.slipway.rollout.plan.Samples.PRODUCTION;
import static dev.slipway.rollout.plan.Samples.T0;
import static dev.slipway.rollout.plan.Samples.V1;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.decisions.Evidence;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A rollout by the default stages over a made-up fleet: its devices come back at random, get what
/// the channel offers then, and tell of a failed start after 15 s and of a good one after 2 min;
/// their counts are judged and the judgement is heard, as the services do it. Time goes in steps of
/// 15 s.
final class SimulatedRollout {

  static final Duration STEP = Duration.ofSeconds(15);
  static final int FLEET = 20_000;

  private static final int NETWORKS = 60;
  private static final int SUCCESS_AFTER = 8;

  private final SplittableRandom random;
  private final double failing;
  private final Duration returnTime;
  private final IntFunction<List<Count>> madeUp;
  private final Evidence evidence;
  private final Judge judge;
  private final Facts facts;

  /// By step: how many devices come back, and the counts that arrive.
  private final Map<Integer, Integer> coming = new HashMap<>();

  private final Map<Integer, List<Count>> arriving = new HashMap<>();

  private Channel channel;
  private @Nullable Judgement judgement;
  private int step;
  private int waiting;
  private int exposed;
  private long broken;
  private long tried;
  private long revision;
  private int condemnedStep = -1;

  /// @param failing share of the real devices whose start fails
  /// @param returnTime after which a device comes back on average
  /// @param madeUp counts that somebody makes up, by step
  SimulatedRollout(
      long seed,
      double failing,
      Duration returnTime,
      Policy policy,
      IntFunction<List<Count>> madeUp) {
    this.random = new SplittableRandom(seed);
    this.failing = failing;
    this.returnTime = returnTime;
    this.madeUp = madeUp;
    evidence = new Evidence(policy);
    judge = new Judge(V1, policy);
    var proposal = Samples.proposal(V1, Stages.DEFAULT, policy);
    facts = Samples.facts(proposal.id(), FLEET);
    channel =
        Samples.accepted(Samples.channel(), new Order.Start(proposal, false, ANNA, null), facts, T0)
            .channel();
  }

  /// What became of it.
  ///
  /// @param broken devices whose start failed
  /// @param tried devices that tried the version
  /// @param condemnedAt after this time the reports condemned it; absent: never
  /// @param endedAt after this time nothing more happened
  record End(
      RolloutState state,
      int stage,
      long broken,
      long tried,
      @Nullable Duration condemnedAt,
      Duration endedAt) {}

  /// Lets it run until it is over or nobody gets the version any more, at most so long.
  End run(Duration atMost) {
    int last = (int) atMost.dividedBy(STEP);
    int over = Integer.MAX_VALUE;
    Duration endedAt = atMost;
    for (step = 0; step < Math.min(last, over); step++) {
      expose();
      offer();
      hear();
      if (rollout().state() != RolloutState.RUNNING && over == Integer.MAX_VALUE) {
        // Reports that are still on their way are waited for.
        over = step + SUCCESS_AFTER + 2;
        endedAt = STEP.multipliedBy(step);
      }
    }
    return new End(
        rollout().state(),
        rollout().run().stage(),
        broken,
        tried,
        condemnedStep < 0 ? null : STEP.multipliedBy(condemnedStep),
        endedAt);
  }

  private Rollout rollout() {
    return Samples.rollout(channel);
  }

  private Instant now() {
    return T0.plus(STEP.multipliedBy(step));
  }

  /// Who is offered the version newly comes back some time.
  private void expose() {
    int meant = (int) ((long) FLEET * rollout().exposure().ppm() / Exposure.ALL.ppm());
    for (; exposed < meant; exposed++) {
      double after = -Math.log(1 - random.nextDouble()) * returnTime.dividedBy(STEP);
      coming.merge(step + (int) after, 1, Integer::sum);
    }
  }

  private void offer() {
    Integer back = coming.remove(step);
    if (back != null) waiting += back;
    var state = channel.state().rollout();
    if (state == null || state.paused()) return;
    for (; waiting > 0; waiting--) {
      tried++;
      String network = "n" + random.nextInt(NETWORKS);
      var platform = random.nextInt(4) == 0 ? Platform.IOS : Platform.ANDROID;
      int stage = state.stage();
      arrive(0, start(stage, platform, Sender.ANONYMOUS, network, 1, 0, 0));
      if (random.nextDouble() < failing) {
        broken++;
        arrive(1, start(stage, platform, Sender.ANONYMOUS, network, 0, 1, 0));
      } else {
        arrive(SUCCESS_AFTER, start(stage, platform, Sender.ANONYMOUS, network, 0, 0, 1));
      }
    }
  }

  private void arrive(int after, Count count) {
    arriving.computeIfAbsent(step + after, at -> new ArrayList<>()).add(count);
  }

  private void hear() {
    var counts = arriving.remove(step);
    if (counts == null) counts = new ArrayList<>();
    counts.addAll(madeUp.apply(step));
    if (!counts.isEmpty()) {
      evidence.add(
          new OutcomeDelta(
              rollout().id(), APP, PRODUCTION, 0, counts, new TreeMap<>(), new TreeMap<>(), now()));
      judgement = judge.judge(evidence, judgement == null ? null : Judge.Last.of(judgement));
      if (condemnedStep < 0 && judgement.health() == Verdict.Health.UNHEALTHY) {
        condemnedStep = step;
      }
      decide(new Order.VerdictReceived(verdict(judgement)));
    }
    decide(new Order.ClockTick());
  }

  private void decide(Order order) {
    channel = Samples.accepted(channel, order, facts, now()).channel();
  }

  private Verdict verdict(Judgement of) {
    return new Verdict(
        rollout().id(),
        APP,
        PRODUCTION,
        ++revision,
        of.health(),
        of.action(),
        of.stage(),
        of.counts(),
        of.evidence(),
        of.gate(),
        of.exclusions(),
        new TreeMap<>(),
        "config",
        of.sentence(),
        now(),
        of.parts(),
        of.shortfall());
  }

  static Count start(
      int stage,
      Platform platform,
      Sender sender,
      String network,
      long attempts,
      long failures,
      long confirmed) {
    return new Count(
        Signal.START, Arm.EXPOSED, stage, platform, sender, network, attempts, failures, confirmed);
  }
}
