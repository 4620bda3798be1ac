package dev.slipway.rollout.plan;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Reach;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Facts.Release;
import dev.slipway.rollout.plan.Outcome.Accepted;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Channels, orders and verdicts to decide on.
final class Samples {
  static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration HOLD = Duration.ofMinutes(15);
  static final AppId APP = AppId.of("com.example.app");
  static final ChannelName PRODUCTION = ChannelName.of("production");
  static final Version V1 = Version.of("1.0.0");
  static final Version V2 = Version.of("2.0.0");
  static final Version V3 = Version.of("3.0.0");
  static final Cause.Person ANNA = new Cause.Person("anna0001", "because");
  static final Cause.Person BERT = new Cause.Person("bert0001", "I agree");

  /// All versions that tests speak of are published, none raises the floor.
  static final Facts FACTS = new Facts(releases(), Map.of(), null);

  private Samples() {}

  private static Map<Version, Release> releases() {
    var releases = new HashMap<Version, Release>();
    for (var version : List.of(V1, V2, V3)) releases.put(version, published(0));
    IntStream.range(0, 5).forEach(i -> releases.put(Version.of("1." + i), published(0)));
    return releases;
  }

  static Release published(long securityEpoch) {
    return new Release(Publication.PUBLISHED, securityEpoch);
  }

  /// The same, with another word on one version.
  static Facts facts(Version version, Release release) {
    var releases = releases();
    releases.put(version, release);
    return new Facts(releases, Map.of(), null);
  }

  /// The same, where so many devices are eligible for the rollout.
  static Facts facts(RolloutId rollout, long eligible) {
    return new Facts(releases(), Map.of(rollout, eligible), null);
  }

  static Channel channel() {
    return Channel.opened(opening());
  }

  static RolloutEvent.ChannelOpened opening() {
    var at = T0.minusSeconds(60);
    return new RolloutEvent.ChannelOpened(
        new RolloutEvent.Subject(APP, PRODUCTION, null, null, at.toEpochMilli(), at),
        ChannelRules.DEFAULT,
        ANNA);
  }

  static Order.Proposal proposal(Version version, List<Stage> stages) {
    return proposal(version, stages, Policy.CAUTIOUS);
  }

  static Order.Proposal proposal(Version version, List<Stage> stages, Policy policy) {
    return new Order.Proposal(
        RolloutId.of(UUID.randomUUID().toString()),
        version,
        stages,
        policy,
        List.of(),
        Salt.draw(new SecureRandom()));
  }

  static Order.Start start(Version version, List<Stage> stages) {
    return new Order.Start(proposal(version, stages), false, ANNA, null);
  }

  static Order.Start superseding(Version version, List<Stage> stages) {
    return new Order.Start(proposal(version, stages), true, ANNA, null);
  }

  static Channel running(Gate gate) {
    return after(channel(), start(V1, stages(gate)), T0);
  }

  /// The rollout that a test is about: the active one, else the one that started last.
  static Rollout rollout(Channel channel) {
    return channel
        .activeRollout()
        .orElseGet(
            () ->
                channel.rollouts().values().stream()
                    .max(Comparator.comparingLong(Rollout::epoch))
                    .orElseThrow());
  }

  static List<Stage> stages(Gate gate) {
    return stages(gate, "1 %", "10 %", "50 %", "100 %");
  }

  static List<Stage> stages(Gate gate, String... reaches) {
    return List.of(reaches).stream().map(e -> new Stage(Reach.of(e), HOLD, gate)).toList();
  }

  /// The channel after an order that must be accepted.
  static Channel after(Channel channel, Order order, Instant now) {
    return accepted(channel, order, now).channel();
  }

  /// The same with an order that is about what there is.
  static Channel after(Channel channel, Function<Channel, Order> order, Instant now) {
    return after(channel, order.apply(channel), now);
  }

  static Accepted accepted(Channel channel, Function<Channel, Order> order, Instant now) {
    return accepted(channel, order.apply(channel), now);
  }

  static Accepted accepted(Channel channel, Order order, Instant now) {
    return accepted(channel, order, FACTS, now);
  }

  static Accepted accepted(Channel channel, Order order, Facts facts, Instant now) {
    return switch (Plan.decide(channel, order, facts, now)) {
      case Accepted accepted -> accepted;
      case Outcome.Refused refused -> throw new AssertionError("refused: " + refused);
    };
  }

  static Outcome.Refused refused(Channel channel, Order order, Instant now) {
    return refused(channel, order, FACTS, now);
  }

  static Outcome.Refused refused(Channel channel, Order order, Facts facts, Instant now) {
    return switch (Plan.decide(channel, order, facts, now)) {
      case Accepted accepted -> throw new AssertionError("accepted: " + accepted.events());
      case Outcome.Refused refused -> refused;
    };
  }

  static Order.Pause pause(Channel channel) {
    return new Order.Pause(rollout(channel).id(), ANNA, null);
  }

  static Order.Resume resume(Channel channel) {
    return new Order.Resume(rollout(channel).id(), ANNA, null);
  }

  static Order.Advance advance(Channel channel) {
    return new Order.Advance(rollout(channel).id(), ANNA, null);
  }

  static Order.RollBack rollBack(Channel channel) {
    return new Order.RollBack(rollout(channel).id(), ANNA, null);
  }

  static Verdict verdict(Channel channel, long revision, Health health, Action action) {
    return verdict(rollout(channel), revision, health, action, rollout(channel).run().stage());
  }

  static Verdict verdict(Rollout rollout, long revision, Health health, Action action, int stage) {
    return verdict(
        rollout, revision, health, action, stage, new Verdict.Counts(400, 40, 40, 300, 20));
  }

  static Verdict verdict(
      Rollout rollout,
      long revision,
      Health health,
      Action action,
      int stage,
      Verdict.Counts counts) {
    return new Verdict(
        rollout.id(),
        APP,
        PRODUCTION,
        revision,
        health,
        action,
        stage,
        counts,
        1500,
        0.1,
        new TreeMap<>(),
        new TreeMap<>(),
        "config",
        "40 of 400 devices failed",
        T0.plusSeconds(revision));
  }

  static Order.VerdictReceived heard(Verdict verdict) {
    return new Order.VerdictReceived(verdict);
  }
}
