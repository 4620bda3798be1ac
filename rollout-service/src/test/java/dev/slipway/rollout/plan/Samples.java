package dev.slipway.rollout.plan;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Order.Publication;
import dev.slipway.rollout.plan.Outcome.Accepted;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

/// Channels, orders and verdicts to decide on.
final class Samples {
  static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration HOLD = Duration.ofMinutes(15);
  static final AppId APP = AppId.of("com.example.app");
  static final ChannelName PRODUCTION = ChannelName.of("production");
  static final Version V1 = Version.of("1.0.0");
  static final Version V2 = Version.of("2.0.0");
  static final Cause.Person ANNA = new Cause.Person("anna0001", "because");

  private Samples() {}

  static Channel channel() {
    return Channel.open(APP, PRODUCTION, ChannelRules.DEFAULT, T0.minusSeconds(60));
  }

  static Order.Start start(Version version, List<Stage> stages) {
    return new Order.Start(
        RolloutId.of(UUID.randomUUID().toString()),
        version,
        Publication.PUBLISHED,
        stages,
        Policy.CAUTIOUS,
        Salt.draw(new SecureRandom()),
        ANNA);
  }

  static Channel running(Gate gate) {
    return after(channel(), start(V1, stages(gate)), T0);
  }

  static List<Stage> stages(Gate gate) {
    return stages(gate, "1 %", "10 %", "50 %", "100 %");
  }

  static List<Stage> stages(Gate gate, String... exposures) {
    return List.of(exposures).stream().map(e -> new Stage(Exposure.of(e), HOLD, gate)).toList();
  }

  /// The channel after an order that must be accepted.
  static Channel after(Channel channel, Order order, Instant now) {
    return accepted(channel, order, now).channel();
  }

  static Accepted accepted(Channel channel, Order order, Instant now) {
    return switch (Plan.decide(channel, order, now)) {
      case Accepted accepted -> accepted;
      case Outcome.Refused refused -> throw new AssertionError("refused: " + refused);
    };
  }

  static Outcome.Refused refused(Channel channel, Order order, Instant now) {
    return switch (Plan.decide(channel, order, now)) {
      case Accepted accepted -> throw new AssertionError("accepted: " + accepted.events());
      case Outcome.Refused refused -> refused;
    };
  }

  static Verdict verdict(Channel channel, long revision, Health health, Action action) {
    return verdict(channel, revision, health, action, channel.rollout().progress().stage());
  }

  static Verdict verdict(Channel channel, long revision, Health health, Action action, int stage) {
    return new Verdict(
        channel.rollout().id(),
        channel.appId(),
        channel.name(),
        revision,
        health,
        action,
        stage,
        new Verdict.Counts(400, 40, 40, 300, 20),
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
