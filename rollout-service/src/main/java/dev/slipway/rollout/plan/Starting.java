package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Replies.anotherIsActive;
import static dev.slipway.rollout.plan.Replies.refuse;
import static dev.slipway.rollout.plan.Widening.enter;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutDrafted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSuperseded;
import dev.slipway.decisions.Targeting;
import dev.slipway.rollout.plan.Order.Draft;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Order.Start;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What has to hold for a rollout to start, and its first step. Pure.
public final class Starting {

  /// A start further away than this is a mistake.
  static final Duration FURTHEST_START = Duration.ofDays(366);

  /// A scheduled start that is later than this, after an outage, wants a person first.
  static final Duration LATEST_START = Duration.ofHours(1);

  private Starting() {}

  static Outcome draft(Channel channel, Draft order, Instant now) {
    var proposal = order.proposal();
    var fault = fault(proposal);
    if (fault.isPresent()) return fault.get();
    var startAt = order.startAt();
    if (startAt != null) {
      var late = timeFault(startAt, now, "/start_at");
      if (late.isPresent()) return late.get();
    }
    var decision = new Decision(channel, now);
    return decision
        .add(
            new RolloutDrafted(
                decision.about(proposal.id(), proposal.version()),
                proposal.stages(),
                proposal.policy(),
                proposal.targeting(),
                startAt,
                order.by()))
        .salted(proposal.id(), proposal.salt())
        .accepted();
  }

  static Outcome start(Channel channel, Start order, Facts facts, Instant now) {
    var proposal = order.proposal();
    var fault =
        fault(proposal).or(() -> obstacle(channel, proposal.version(), order.supersede(), facts));
    if (fault.isPresent()) return fault.get();
    var decision = new Decision(channel, now);
    begin(decision, proposal, order.by(), facts);
    return decision.accepted();
  }

  /// What is wrong with a plan whatever it is for.
  public static Optional<Refused> fault(Proposal proposal) {
    return Stages.fault(proposal.stages())
        .or(
            () ->
                Targeting.fault(proposal.targeting())
                    .map(
                        fault ->
                            new Refused(
                                Reason.TARGETING_INVALID,
                                fault.cause(),
                                Map.of("pointer", "/targeting" + fault.pointer()))));
  }

  /// Why a rollout of this version cannot start now.
  ///
  /// @param supersede whether it would take the place of the active one
  public static Optional<Refused> obstacle(
      Channel channel, Version version, boolean supersede, Facts facts) {
    switch (facts.release(version).publication()) {
      case UNKNOWN -> {
        return Optional.of(
            refuse(
                channel,
                null,
                Reason.VERSION_NOT_PUBLISHED,
                "the app has no published version \"" + version + "\""));
      }
      case WITHDRAWN -> {
        return Optional.of(
            refuse(
                channel, null, Reason.VERSION_WITHDRAWN, "version " + version + " was withdrawn"));
      }
      case PUBLISHED -> {}
    }
    if (version.isBuiltin()) {
      return Optional.of(
          refuse(
              channel,
              null,
              Reason.VERSION_NOT_PUBLISHED,
              "the store's build is nothing to roll out: roll back what is in its place"));
    }
    if (channel.quarantined().contains(version)) {
      return Optional.of(
          refuse(
              channel,
              null,
              Reason.VERSION_QUARANTINED,
              "version " + version + " is quarantined: it is never offered again"));
    }
    if (channel.baseline().equals(version)) {
      return Optional.of(
          refuse(
              channel,
              null,
              Reason.VERSION_IS_BASELINE,
              "the channel serves " + version + " to everybody already"));
    }
    var active = channel.activeRollout();
    if (active.isEmpty()) return Optional.empty();
    if (!supersede) return Optional.of(anotherIsActive(channel));
    return active.get().version().equals(version)
        ? Optional.of(
            refuse(
                channel,
                active.get(),
                Reason.ROLLOUT_ACTIVE,
                "a rollout of " + version + " is under way already"))
        : Optional.empty();
  }

  /// Starts a rollout in place of the active one, if there is one. Nothing stands in its way.
  static void begin(Decision decision, Proposal proposal, Cause by, Facts facts) {
    var before = decision.channel();
    var predecessor = before.activeRollout();
    predecessor.ifPresent(
        active -> decision.add(new RolloutSuperseded(decision.about(active), proposal.id(), by)));
    var subject = decision.about(proposal.id(), proposal.version());
    decision.add(
        new RolloutStarted(
            subject,
            before.baseline(),
            proposal.stages(),
            proposal.policy(),
            proposal.targeting(),
            predecessor.map(Rollout::id).orElse(null),
            by));
    // Who got the bad release gets its fix first.
    var salt = predecessor.map(Rollout::salt).orElse(proposal.salt());
    decision.salted(proposal.id(), salt == null ? proposal.salt() : salt);
    enter(decision, proposal.id(), 0, Exposure.ALL, Opening.START, by, facts);
  }

  static Proposal proposal(Rollout rollout) {
    var salt = rollout.salt();
    if (salt == null) throw new IllegalStateException("a draft without its salt");
    return new Proposal(
        rollout.id(),
        rollout.version(),
        rollout.stages(),
        rollout.policy(),
        rollout.targeting(),
        salt);
  }

  static Optional<Refused> timeFault(Instant at, Instant now, String pointer) {
    return at.isBefore(now) || at.isAfter(now.plus(FURTHEST_START))
        ? Optional.of(
            new Refused(
                Reason.TIME_INVALID,
                "a start lies ahead, at most " + FURTHEST_START.toDays() + " days",
                Map.of("pointer", pointer, "now", now)))
        : Optional.empty();
  }
}
