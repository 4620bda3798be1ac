package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Refusals.anotherIsActive;
import static dev.slipway.rollout.plan.Refusals.refuse;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutApproved;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutDrafted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutReturned;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutScheduled;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSuperseded;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.decisions.Targeting;
import dev.slipway.rollout.plan.Order.Approve;
import dev.slipway.rollout.plan.Order.Draft;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Order.Start;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How rollouts begin: drafts, approval, times, and what stands in the way.
///
/// Pure, as all of [Plan].
public final class Starts {

  /// A start further away than this is a mistake.
  private static final Duration FURTHEST_START = Duration.ofDays(366);

  /// A scheduled start that is later than this, after an outage, wants a person first.
  static final Duration LATEST_START = Duration.ofHours(1);

  private Starts() {}

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
    var alone = alone(channel, null, proposal.policy(), facts);
    if (alone.isPresent()) return alone.get();
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

  /// Why one person alone cannot start it.
  public static Optional<Refused> alone(
      Channel channel, @Nullable Rollout rollout, Policy policy, Facts facts) {
    if (!facts.wantsSecondPerson(policy)) return Optional.empty();
    return Optional.of(
        refuse(
            channel,
            rollout,
            Reason.APPROVAL_REQUIRED,
            (policy.trustsFewerReports()
                    ? "its policy lets fewer reports roll it back than the shipped one does, and"
                        + " that takes two people"
                    : "rollouts of this app take two people")
                + ": draft it, submit it, and let somebody else approve it"));
  }

  static Outcome approve(
      Channel channel,
      Rollout rollout,
      Approve order,
      @Nullable Instant startAt,
      Cause.Person submittedBy,
      Facts facts,
      Instant now) {
    if (facts.holder(order.by().accessKey()).equals(facts.holder(submittedBy.accessKey()))) {
      return refuse(
          channel,
          rollout,
          Reason.SAME_PERSON,
          "who asked for the approval cannot give it: a second person has to, with an access key of"
              + " their own");
    }
    boolean later = startAt != null && startAt.isAfter(now);
    if (!later) {
      var obstacle = obstacle(channel, rollout.version(), order.supersede(), facts);
      if (obstacle.isPresent()) return obstacle.get();
    }
    var decision = new Decision(channel, now);
    decision.add(new RolloutApproved(decision.about(rollout), order.by()));
    if (startAt != null && later) {
      decision.add(new RolloutScheduled(decision.about(rollout), startAt, order.by()));
    } else {
      begin(decision, proposal(rollout), order.by(), facts);
    }
    return decision.accepted();
  }

  /// Why a draft may not go on without a second person. One that is scheduled was approved, or
  /// scheduled while nobody was asked for: its time may be changed, and it may start before.
  static Optional<Refused> unapproved(Channel channel, Rollout rollout, Facts facts) {
    return rollout.state() == RolloutState.DRAFT
        ? alone(channel, rollout, rollout.policy(), facts)
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
    Progress.enter(decision, proposal.id(), 0, Exposure.ALL, Opening.START, by, facts);
  }

  static void scheduled(Decision decision, Rollout rollout, Facts facts) {
    var cause = new Cause.Schedule();
    var at = rollout.phase().toStartAt().orElse(decision.now());
    var obstacle =
        at.plus(LATEST_START).isBefore(decision.now())
            ? Optional.of("its time passed at " + at + " without a start: give it another one")
            : obstacle(decision.channel(), rollout.version(), false, facts).map(Refused::detail);
    obstacle.ifPresentOrElse(
        detail -> decision.add(new RolloutReturned(decision.about(rollout), detail, cause)),
        () -> begin(decision, proposal(rollout), cause, facts));
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
