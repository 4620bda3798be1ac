package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.BaselineReplaced;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelDeleted;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelOpened;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelRulesChanged;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RetryAllowed;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutApproved;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCancelled;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCompleted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutDrafted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutResumed;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutReturned;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutScheduled;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSubmitted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSuperseded;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutEvent.StageFilled;
import dev.slipway.contracts.rollout.RolloutEvent.VersionQuarantined;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.decisions.Targeting;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Order.Advance;
import dev.slipway.rollout.plan.Order.Approve;
import dev.slipway.rollout.plan.Order.Cancel;
import dev.slipway.rollout.plan.Order.ChangeRules;
import dev.slipway.rollout.plan.Order.ClockTick;
import dev.slipway.rollout.plan.Order.Complete;
import dev.slipway.rollout.plan.Order.Delete;
import dev.slipway.rollout.plan.Order.Draft;
import dev.slipway.rollout.plan.Order.Launch;
import dev.slipway.rollout.plan.Order.Pause;
import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Order.Proposal;
import dev.slipway.rollout.plan.Order.Quarantine;
import dev.slipway.rollout.plan.Order.Reject;
import dev.slipway.rollout.plan.Order.Reopen;
import dev.slipway.rollout.plan.Order.ReportRefusal;
import dev.slipway.rollout.plan.Order.Resume;
import dev.slipway.rollout.plan.Order.RetryFrom;
import dev.slipway.rollout.plan.Order.RollBack;
import dev.slipway.rollout.plan.Order.Schedule;
import dev.slipway.rollout.plan.Order.Start;
import dev.slipway.rollout.plan.Order.Submit;
import dev.slipway.rollout.plan.Order.VerdictReceived;
import dev.slipway.rollout.plan.Outcome.Accepted;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The state machine of a channel and its rollouts. Pure: time and what others know come in, events
/// go out, nothing else happens.
///
/// An order that already holds changes nothing and is no mistake, whatever epoch its sender saw: it
/// is what the repetition of an order looks like whose answer was lost.
///
/// **Evidence and people.** UNHEALTHY and INCIDENT apply to a rollout whatever its stage, paused or
/// completed included; HEALTHY to the stage that it judged. A person may resume a rollout in the
/// face of a judgement that paused it: that overrules this judgement's pause for the rest of the
/// rollout, as it would pause it again at once. What it does not overrule: no stage opens by itself
/// while the reports speak against the version, only by a person's order; and ROLL_BACK still rolls
/// back. A version that is condemned on too few reports to roll it back is paused once waiting for
/// more of them is in vain: see [Patience].
public final class Plan {

  /// A start further away than this is a mistake.
  static final Duration FURTHEST_START = Duration.ofDays(366);

  /// A scheduled start that is later than this, after an outage, wants a person first.
  static final Duration LATEST_START = Duration.ofHours(1);

  /// The share of a stage's devices that must have tried the version for it to be used up: more
  /// cannot be asked for, because the size of a fleet is an estimate and some devices stay away.
  static final double USED_UP = 0.9;

  /// Chance may leave a stage of fewer devices without any.
  private static final int FEW = 10;

  /// A stage whose devices were used up opens the next at most so much wider.
  private static final int USED_UP_FACTOR = 2;

  private Plan() {}

  public static Outcome decide(Channel channel, Order order, Facts facts, Instant now) {
    return switch (order) {
      case Draft draft -> draft(channel, draft, now);
      case Start start ->
          unlessStale(channel, start.epoch(), () -> start(channel, start, facts, now));
      case Reopen(var rules, var by) -> reopen(channel, rules, by, now);
      case ChangeRules it when it.rules().equals(channel.rules()) -> unchanged(channel);
      case ChangeRules(var rules, var by, var epoch) ->
          unlessStale(
              channel,
              epoch,
              () ->
                  one(channel, now, d -> new ChannelRulesChanged(d.about(null, null), rules, by)));
      case Delete it -> unlessStale(channel, it.epoch(), () -> delete(channel, it.by(), now));
      case RetryFrom it ->
          it.from() != null && it.from().equals(channel.retryFrom())
              ? unchanged(channel)
              : unlessStale(channel, it.epoch(), () -> retryFrom(channel, it, now));
      case Quarantine it -> quarantine(channel, it, now);
      case ReportRefusal(var version, var where, var cause) ->
          one(
              channel,
              now,
              d ->
                  new AlertRaised(
                      d.about(null, version),
                      Alert.QUARANTINE_REFUSED,
                      "version " + version + " is the baseline of " + where,
                      cause));
      case Personal it ->
          channel
              .rollout(it.rollout())
              .map(rollout -> orStale(channel, it, obey(channel, rollout, it, facts, now)))
              .orElseGet(
                  () -> refuse(channel, null, Reason.NOT_RUNNING, "there is no such rollout"));
      case VerdictReceived(var verdict) ->
          channel
              .rollout(verdict.rolloutId())
              .filter(rollout -> isNews(rollout, verdict))
              .map(rollout -> hear(channel, rollout, verdict, facts, now))
              .orElseGet(() -> unchanged(channel));
      case ClockTick _ -> tick(channel, facts, now);
    };
  }

  // --- Channels

  private static Outcome reopen(Channel channel, ChannelRules rules, Cause by, Instant now) {
    return channel.deletedAt() == null
        ? unchanged(channel)
        : one(channel, now, d -> new ChannelOpened(d.about(null, null), rules, by));
  }

  private static Outcome delete(Channel channel, Cause by, Instant now) {
    if (channel.deletedAt() != null) return unchanged(channel);
    if (channel.active() != null) return anotherIsActive(channel);
    return one(channel, now, d -> new ChannelDeleted(d.about(null, null), by));
  }

  private static Outcome retryFrom(Channel channel, RetryFrom order, Instant now) {
    var from = order.from() == null ? now : order.from();
    return from.isAfter(now)
        ? new Refused(
            Reason.TIME_INVALID,
            "an instant that has not come yet; give the one before which the failures were",
            Map.of("pointer", "/at", "now", now))
        : one(channel, now, d -> new RetryAllowed(d.about(null, null), from, order.by()));
  }

  private static Outcome quarantine(Channel channel, Quarantine order, Instant now) {
    var version = order.version();
    boolean isBaseline = channel.baseline().equals(version);
    if (channel.quarantined().contains(version) && !isBaseline) return unchanged(channel);
    if (isBaseline && !order.force()) {
      return refuse(
          channel,
          null,
          Reason.VERSION_IS_BASELINE,
          "the channel serves " + version + " to everybody");
    }
    var decision = new Decision(channel, now);
    var offered = channel.activeRollout().filter(rollout -> rollout.version().equals(version));
    offered.ifPresent(
        rollout ->
            decision.add(
                new RolledBack(decision.about(rollout), channel.baseline(), order.cause())));
    decision.add(new VersionQuarantined(decision.about(null, version), order.cause()));
    if (isBaseline) {
      var previous = decision.channel().previousBaseline();
      decision.add(
          new BaselineReplaced(
              decision.about(null, null),
              previous == null || channel.quarantined().contains(previous)
                  ? Version.BUILTIN
                  : previous,
              version,
              order.cause()));
    }
    return decision.accepted();
  }

  // --- Starting

  private static Outcome draft(Channel channel, Draft order, Instant now) {
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

  private static Outcome start(Channel channel, Start order, Facts facts, Instant now) {
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

  /// Starts a rollout in place of the active one, if there is one. Nothing stands in its way.
  private static void begin(Decision decision, Proposal proposal, Cause by, Facts facts) {
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

  private static Proposal proposal(Rollout rollout) {
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

  private static Optional<Refused> timeFault(Instant at, Instant now, String pointer) {
    return at.isBefore(now) || at.isAfter(now.plus(FURTHEST_START))
        ? Optional.of(
            new Refused(
                Reason.TIME_INVALID,
                "a start lies ahead, at most " + FURTHEST_START.toDays() + " days",
                Map.of("pointer", pointer, "now", now)))
        : Optional.empty();
  }

  // --- A person's orders

  private static Outcome obey(
      Channel channel, Rollout rollout, Personal order, Facts facts, Instant now) {
    var state = rollout.state();
    return switch (order) {
      case Submit(_, var by, _) ->
          switch (state) {
            case DRAFT ->
                obeyed(channel, order, now, d -> d.add(new RolloutSubmitted(d.about(rollout), by)));
            case AWAITING_APPROVAL -> unchanged(channel);
            case SCHEDULED, RUNNING, PAUSED -> notADraft(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Approve it ->
          switch (rollout.phase()) {
            case Phase.Draft _ -> notSubmitted(channel, rollout);
            case Phase.AwaitingApproval(var startAt, var submittedBy) ->
                unlessStale(
                    channel,
                    it.epoch(),
                    () -> approve(channel, rollout, it, startAt, submittedBy, facts, now));
            case Phase.Scheduled _, Phase.Running _, Phase.Paused _ -> unchanged(channel);
            case Phase.Completed _, Phase.RolledBack _, Phase.Cancelled _, Phase.Superseded _ ->
                alreadyEnded(channel, rollout);
          };
      case Reject(_, var by, _) ->
          switch (state) {
            case DRAFT -> unchanged(channel);
            case AWAITING_APPROVAL ->
                obeyed(
                    channel,
                    order,
                    now,
                    d -> d.add(new RolloutReturned(d.about(rollout), by.reason(), by)));
            case SCHEDULED, RUNNING, PAUSED -> notSubmitted(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Schedule(_, var at, var by, var epoch) ->
          switch (rollout.phase()) {
            case Phase.Scheduled(var startAt) when startAt.equals(at) -> unchanged(channel);
            case Phase.Draft _, Phase.Scheduled _ ->
                unlessStale(
                    channel,
                    epoch,
                    () ->
                        timeFault(at, now, "/at")
                            .or(() -> unapproved(channel, rollout, facts))
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () ->
                                    one(
                                        channel,
                                        now,
                                        d -> new RolloutScheduled(d.about(rollout), at, by))));
            case Phase.AwaitingApproval _ -> awaitingApproval(channel, rollout);
            case Phase.Running _, Phase.Paused _ -> notADraft(channel, rollout);
            case Phase.Completed _, Phase.RolledBack _, Phase.Cancelled _, Phase.Superseded _ ->
                alreadyEnded(channel, rollout);
          };
      case Launch(_, var supersede, var by, var epoch) ->
          switch (state) {
            case DRAFT, SCHEDULED ->
                unlessStale(
                    channel,
                    epoch,
                    () ->
                        obstacle(channel, rollout.version(), supersede, facts)
                            .or(() -> unapproved(channel, rollout, facts))
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () -> {
                                  var decision = new Decision(channel, now);
                                  begin(decision, proposal(rollout), by, facts);
                                  return decision.accepted();
                                }));
            case AWAITING_APPROVAL -> awaitingApproval(channel, rollout);
            case RUNNING -> unchanged(channel);
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Pause(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING ->
                obeyed(channel, order, now, d -> d.add(new RolloutPaused(d.about(rollout), by)));
            case PAUSED -> unchanged(channel);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Resume it ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> unchanged(channel);
            case PAUSED -> resume(channel, rollout, it, now);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Advance(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING ->
                obeyed(
                    channel,
                    order,
                    now,
                    d -> openNext(d, rollout.id(), Exposure.ALL, Opening.ORDER, by, facts));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Complete(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> obeyed(channel, order, now, d -> complete(d, rollout, by));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED -> unchanged(channel);
            case ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Cancel(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED ->
                obeyed(channel, order, now, d -> d.add(new RolloutCancelled(d.about(rollout), by)));
            case RUNNING, PAUSED ->
                refuse(
                    channel,
                    rollout,
                    Reason.EXPOSED_ALREADY,
                    "devices were offered the version already: roll it back instead");
            case CANCELLED -> unchanged(channel);
            case COMPLETED, ROLLED_BACK, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case RollBack(_, var by, var epoch) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case ROLLED_BACK -> unchanged(channel);
            case RUNNING, PAUSED ->
                unlessStale(channel, epoch, () -> rollBack(channel, rollout, by, facts, now));
            case COMPLETED -> {
              if (!channel.baseline().equals(rollout.version())) {
                yield alreadyEnded(channel, rollout);
              }
              yield channel.active() == null
                  ? unlessStale(channel, epoch, () -> rollBack(channel, rollout, by, facts, now))
                  : anotherIsActive(channel);
            }
            case CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
    };
  }

  private static Outcome resume(Channel channel, Rollout rollout, Resume order, Instant now) {
    return channel.quarantined().contains(rollout.version())
        ? refuse(
            channel,
            rollout,
            Reason.VERSION_QUARANTINED,
            "version " + rollout.version() + " is quarantined: it is never offered again")
        : obeyed(
            channel,
            order,
            now,
            d -> d.add(new RolloutResumed(d.about(rollout), overruled(rollout), order.by())));
  }

  private static Outcome approve(
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
  private static Optional<Refused> unapproved(Channel channel, Rollout rollout, Facts facts) {
    return rollout.state() == RolloutState.DRAFT
        ? alone(channel, rollout, rollout.policy(), facts)
        : Optional.empty();
  }

  private static Outcome rollBack(
      Channel channel, Rollout rollout, Cause cause, Facts facts, Instant now) {
    var target = target(channel, rollout);
    var obstacle = obstacleBack(channel, rollout, target, facts);
    if (obstacle.isPresent()) return obstacle.get();
    return one(channel, now, d -> new RolledBack(d.about(rollout), target, cause));
  }

  /// What devices get instead.
  private static Version target(Channel channel, Rollout rollout) {
    return rollout.state() == RolloutState.COMPLETED ? rollout.baseline() : channel.baseline();
  }

  private static Optional<Refused> obstacleBack(
      Channel channel, Rollout rollout, Version target, Facts facts) {
    var release = facts.release(target);
    if (release.publication() != Publication.PUBLISHED || channel.quarantined().contains(target)) {
      return Optional.of(
          refuse(
              channel,
              rollout,
              Reason.ROLLBACK_TARGET_GONE,
              "version "
                  + target
                  + ", which devices would go back to, was withdrawn, quarantined or never"
                  + " published: roll out a fix, or quarantine "
                  + rollout.version()));
    }
    long floor = facts.release(rollout.version()).securityEpoch();
    return !target.isBuiltin() && release.securityEpoch() < floor
        ? Optional.of(
            refuse(
                channel,
                rollout,
                Reason.ROLLBACK_BELOW_FLOOR,
                "version "
                    + rollout.version()
                    + " raised the security floor to "
                    + floor
                    + ", and "
                    + target
                    + " is below it: devices would refuse. Pause, and roll out a fix"))
        : Optional.empty();
  }

  private static void complete(Decision decision, Rollout rollout, Cause cause) {
    decision.add(
        new RolloutCompleted(decision.about(rollout), decision.channel().baseline(), cause));
  }

  /// The judgement that a person resumes it in the face of.
  private static @Nullable Health overruled(Rollout rollout) {
    return switch (rollout.health()) {
      case INCIDENT, UNHEALTHY, FETCH_FAILING, SILENT -> rollout.health();
      case DEGRADED, HEALTHY, INCONCLUSIVE -> null;
    };
  }

  // --- Stages

  /// Opens what follows: the rest of a stage that opened at less than its width, else the next
  /// stage that adds somebody; after the last one the version becomes the baseline.
  ///
  /// @param widest beyond which it does not open
  private static void openNext(
      Decision decision, RolloutId id, Exposure widest, Opening opening, Cause cause, Facts facts) {
    var rollout = decision.rollout(id);
    var eligible = facts.eligible(id);
    var run = rollout.run();
    var here = Stages.width(rollout.stages(), run.stage(), eligible).exposure();
    if (here.compareTo(run.exposure()) > 0) {
      enter(decision, id, run.stage(), widest, opening, cause, facts);
      return;
    }
    var next = Stages.next(rollout.stages(), run.stage(), run.exposure(), eligible);
    if (next.isPresent()) enter(decision, id, next.getAsInt(), widest, opening, cause, facts);
    else complete(decision, rollout, cause);
  }

  private static void enter(
      Decision decision,
      RolloutId id,
      int stage,
      Exposure widest,
      Opening opening,
      Cause cause,
      Facts facts) {
    var rollout = decision.rollout(id);
    var width = Stages.width(rollout.stages(), stage, facts.eligible(id));
    var exposure = max(rollout.exposure(), min(width.exposure(), widest));
    decision.add(
        new StageEntered(
            decision.about(rollout), stage, exposure, width.maxDevices(), opening, cause));
  }

  /// How wide the next step would be.
  private static Exposure widthAhead(Rollout rollout, Exposure widest, Facts facts) {
    var eligible = facts.eligible(rollout.id());
    var run = rollout.run();
    var here = Stages.width(rollout.stages(), run.stage(), eligible).exposure();
    if (here.compareTo(run.exposure()) > 0) return min(here, widest);
    var next = Stages.next(rollout.stages(), run.stage(), run.exposure(), eligible);
    return next.isEmpty()
        ? run.exposure()
        : min(Stages.width(rollout.stages(), next.getAsInt(), eligible).exposure(), widest);
  }

  /// Whether evidence may open this much now: above a tenth of the devices, time must have passed
  /// since the start, and as many must have confirmed as one may expect by then.
  private static boolean isSoaked(Rollout rollout, Exposure ahead, Facts facts, Instant now) {
    if (ahead.compareTo(Stages.SOAKED) <= 0 || ahead.equals(rollout.exposure())) return true;
    var age = Duration.between(rollout.run().startedAt(), now);
    if (age.compareTo(rollout.policy().minSoak()) < 0) return false;
    var verdict = rollout.verdict();
    if (verdict == null || verdict.counts().attempts() == 0) return true;
    double share = (double) verdict.counts().confirmed() / verdict.counts().attempts();
    return share >= facts.usualConfirmedShare(age) / 2;
  }

  /// Whether the devices of the stage all had their try, and none of it says much. Where so few are
  /// meant that chance may have left nobody, no device is waited for.
  private static boolean isUsedUp(Rollout rollout, Facts facts, Instant now) {
    if (!rollout.waitsForReports() || now.isBefore(rollout.run().holdUntil())) return false;
    var counts =
        rollout.verdict() == null ? new Verdict.Counts(0, 0, 0, 0, 0) : rollout.verdict().counts();
    boolean quiet = !rollout.quietAt().isAfter(now);
    var eligible = facts.eligible(rollout.id());
    if (eligible.isEmpty()) return quiet && counts.attempts() > 0;
    double meant = (double) eligible.get() * rollout.exposure().ppm() / Exposure.ALL.ppm();
    if (meant < 1) return true;
    boolean answered = counts.confirmed() + counts.failures() >= USED_UP * counts.attempts();
    boolean tried = counts.attempts() > 0 && counts.attempts() >= USED_UP * Math.floor(meant);
    return tried && answered || quiet && (counts.attempts() > 0 || meant < FEW);
  }

  // --- Verdicts

  private static boolean isNews(Rollout rollout, Verdict verdict) {
    var known = rollout.verdict();
    return known == null || verdict.revision() > known.revision();
  }

  /// What a verdict does: the first row that holds, then whatever is due by it.
  private static Outcome hear(
      Channel before, Rollout known, Verdict verdict, Facts facts, Instant now) {
    var told = known.told(verdict, now);
    var channel = before.knowing(told);
    var decision = new Decision(channel, now);
    boolean changed = known.verdict() == null || known.verdict().health() != verdict.health();
    var cause = new Cause.Evidence(verdict);
    switch (verdict.health()) {
      case INCIDENT -> consequence(decision, told, Alert.INCIDENT, changed, cause);
      case UNHEALTHY -> {
        switch (verdict.action()) {
          case ROLL_BACK -> condemn(decision, told, changed, cause, facts);
          // Whether it is paused now is looked at below.
          case PAUSE -> alert(decision, told, Alert.UNHEALTHY, changed, cause);
          case NONE -> alert(decision, told, Alert.UNHEALTHY, changed, cause);
        }
      }
      case FETCH_FAILING -> consequence(decision, told, Alert.FETCH_FAILING, changed, cause);
      case SILENT -> consequence(decision, told, Alert.SILENT, changed, cause);
      case DEGRADED -> alert(decision, told, Alert.DEGRADED, changed, cause);
      case HEALTHY, INCONCLUSIVE -> {}
    }
    lookAt(decision, told.id(), facts);
    return decision.accepted();
  }

  /// Says it, and offers the version to nobody new.
  private static void consequence(
      Decision decision, Rollout told, Alert alert, boolean changed, Cause.Evidence cause) {
    alert(decision, told, alert, changed, cause);
    if (told.state() == RolloutState.RUNNING
        && !Channel.isOverruled(told, cause.verdict().health())) {
      decision.add(new RolloutPaused(decision.about(told), cause));
    }
  }

  private static void alert(
      Decision decision, Rollout told, Alert alert, boolean changed, Cause.Evidence cause) {
    boolean concerns =
        told.state().isActive()
            || told.state() == RolloutState.COMPLETED
                && decision.channel().baseline().equals(told.version());
    if (changed && concerns) {
      decision.add(new AlertRaised(decision.about(told), alert, cause.verdict().sentence(), cause));
    }
  }

  /// Takes the version back from everybody, if there is something to go back to.
  private static void condemn(
      Decision decision, Rollout told, boolean changed, Cause.Evidence cause, Facts facts) {
    var channel = decision.channel();
    if (!canRollBack(channel, told)) return;
    var target = target(channel, told);
    var obstacle = obstacleBack(channel, told, target, facts);
    boolean quarantined = channel.quarantined().contains(told.version());
    if (obstacle.isEmpty()) {
      decision.add(new RolledBack(decision.about(told), target, cause));
      if (told.policy().quarantine() != Policy.Quarantine.AUTO || quarantined) return;
      decision.add(new VersionQuarantined(decision.about(null, told.version()), cause));
      return;
    }
    if (quarantined && told.state() == RolloutState.PAUSED) return;
    if (told.state() == RolloutState.COMPLETED && !changed) return;
    decision.add(
        new AlertRaised(
            decision.about(told), Alert.ROLLBACK_IMPOSSIBLE, obstacle.get().detail(), cause));
    if (told.state() == RolloutState.RUNNING) {
      decision.add(new RolloutPaused(decision.about(told), cause));
    }
    if (told.state() != RolloutState.COMPLETED) {
      decision.add(new VersionQuarantined(decision.about(null, told.version()), cause));
    }
  }

  private static boolean canRollBack(Channel channel, Rollout rollout) {
    return switch (rollout.state()) {
      case RUNNING, PAUSED -> true;
      case COMPLETED -> channel.active() == null && channel.baseline().equals(rollout.version());
      case DRAFT, AWAITING_APPROVAL, SCHEDULED, ROLLED_BACK, CANCELLED, SUPERSEDED -> false;
    };
  }

  // --- Time

  private static Outcome tick(Channel channel, Facts facts, Instant now) {
    if (channel.deletedAt() != null) return unchanged(channel);
    var decision = new Decision(channel, now);
    channel.activeRollout().ifPresent(rollout -> lookAt(decision, rollout.id(), facts));
    channel.rollouts().values().stream()
        .filter(rollout -> rollout.phase() instanceof Phase.Scheduled(var at) && !at.isAfter(now))
        .min(
            Comparator.comparing((Rollout it) -> it.phase().toStartAt().orElse(now))
                .thenComparing(Rollout::id))
        .ifPresent(rollout -> startScheduled(decision, rollout, facts));
    return decision.accepted();
  }

  private static void startScheduled(Decision decision, Rollout rollout, Facts facts) {
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

  /// What is due for a rollout under way: at most one step.
  private static void lookAt(Decision decision, RolloutId id, Facts facts) {
    var rollout = decision.rollout(id);
    if (rollout.state() != RolloutState.RUNNING) return;
    var now = decision.now();
    var verdict = rollout.verdict();
    Cause why = verdict == null ? new Cause.Schedule() : new Cause.Evidence(verdict);
    if (Patience.isDoomed(rollout) && Patience.until(rollout, facts, now).isEmpty()) {
      decision.add(new RolloutPaused(decision.about(rollout), why));
      return;
    }
    if (sizeBecameKnown(decision, rollout, facts)) return;
    if (rollout.opensNextAt().filter(at -> !at.isAfter(now)).isPresent()) {
      if (rollout.currentStage().gate() == Gate.TIME) {
        openNext(decision, id, Exposure.ALL, Opening.TIME, new Cause.Schedule(), facts);
        return;
      }
      if (isSoaked(rollout, widthAhead(rollout, Exposure.ALL, facts), facts, now)) {
        openNext(decision, id, Exposure.ALL, Opening.EVIDENCE, why, facts);
        return;
      }
    }
    if (isUsedUp(rollout, facts, now)) {
      var widest =
          new Exposure(
              (int) Math.min(Exposure.ALL.ppm(), (long) USED_UP_FACTOR * rollout.exposure().ppm()));
      if (isSoaked(rollout, widthAhead(rollout, widest, facts), facts, now)) {
        openNext(decision, id, widest, Opening.USED_UP, why, facts);
        return;
      }
    }
    var run = rollout.run();
    if (run.maxDevices() != null
        && !run.full()
        && verdict != null
        && verdict.counts().attempts() >= run.maxDevices()) {
      decision.add(
          new StageFilled(decision.about(rollout), run.stage(), verdict.counts().attempts(), why));
    }
    if (rollout.decisionDueAt().filter(at -> !at.isAfter(now)).isPresent()) {
      decision.add(
          new AlertRaised(
              decision.about(rollout),
              Alert.DECISION_DUE,
              "stage "
                  + (run.stage() + 1)
                  + " of "
                  + rollout.stages().size()
                  + " has been without an answer since "
                  + run.enteredAt()
                  + ": advance, complete or roll back",
              why));
    }
  }

  /// A number of devices becomes a share once the size of the fleet is known.
  private static boolean sizeBecameKnown(Decision decision, Rollout rollout, Facts facts) {
    var run = rollout.run();
    if (run.maxDevices() == null || facts.eligible(rollout.id()).isEmpty()) return false;
    enter(
        decision,
        rollout.id(),
        run.stage(),
        Exposure.ALL,
        Opening.SIZE_KNOWN,
        new Cause.Schedule(),
        facts);
    return true;
  }

  // --- Answers

  private static Outcome unlessStale(
      Channel channel, @Nullable Long seen, Supplier<Outcome> obeyed) {
    return seen == null || seen == channel.epoch()
        ? obeyed.get()
        : refuse(
            channel,
            channel.activeRollout().orElse(null),
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": look again, then decide");
  }

  /// Who saw another epoch is told so before what else speaks against the order: what they did not
  /// know of is why.
  private static Outcome orStale(Channel channel, Personal order, Outcome outcome) {
    var seen = order.epoch();
    return outcome instanceof Refused refused
            && seen != null
            && seen != channel.epoch()
            && refused.reason() != Reason.EPOCH_CHANGED
            && !refused.reason().isMistake()
        ? new Refused(
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": " + refused.detail(),
            refused.facts())
        : outcome;
  }

  private static Outcome obeyed(
      Channel channel, Personal order, Instant now, Consumer<Decision> effect) {
    return unlessStale(
        channel,
        order.epoch(),
        () -> {
          var decision = new Decision(channel, now);
          effect.accept(decision);
          return decision.accepted();
        });
  }

  private static Accepted one(
      Channel channel, Instant now, Function<Decision, RolloutEvent> event) {
    var decision = new Decision(channel, now);
    return decision.add(event.apply(decision)).accepted();
  }

  private static Accepted unchanged(Channel channel) {
    return new Accepted(java.util.List.of(), channel);
  }

  private static Refused alreadyEnded(Channel channel, Rollout rollout) {
    return refuse(
        channel,
        rollout,
        Reason.ALREADY_ENDED,
        switch (rollout.state()) {
          case ROLLED_BACK -> "the rollout was rolled back";
          case COMPLETED -> "the rollout is complete, and " + channel.baseline() + " the baseline";
          case CANCELLED -> "the rollout was cancelled";
          case SUPERSEDED -> "another rollout took its place";
          case DRAFT, AWAITING_APPROVAL, SCHEDULED, RUNNING, PAUSED -> "the rollout is under way";
        });
  }

  private static Refused notADraft(Channel channel, Rollout rollout) {
    return refuse(channel, rollout, Reason.NOT_A_DRAFT, "the rollout is not a draft any more");
  }

  private static Refused notSubmitted(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.NOT_SUBMITTED, "nobody was asked to approve it: submit it first");
  }

  private static Refused awaitingApproval(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.AWAITING_APPROVAL, "a second person has to approve it first");
  }

  private static Refused notStarted(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.NOT_RUNNING, "the rollout has not started: start or cancel it");
  }

  private static Refused paused(Channel channel, Rollout rollout) {
    return refuse(channel, rollout, Reason.NOT_RUNNING, "the rollout is paused: resume it first");
  }

  private static Refused anotherIsActive(Channel channel) {
    return refuse(
        channel,
        channel.activeRollout().orElse(null),
        Reason.ROLLOUT_ACTIVE,
        "rollout "
            + channel.active()
            + " is under way on this channel: end it first, or take its place (supersede)");
  }

  private static Refused refuse(
      Channel channel, @Nullable Rollout rollout, Reason reason, String detail) {
    var found = new LinkedHashMap<String, Object>();
    found.put("epoch", channel.epoch());
    if (rollout != null) {
      found.put("state", rollout.state());
      rollout.phase().started().ifPresent(run -> found.put("stage", run.stage()));
    }
    if (channel.active() != null) found.put("active_rollout", channel.active());
    return new Refused(reason, detail, found);
  }

  private static Exposure min(Exposure a, Exposure b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Exposure max(Exposure a, Exposure b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
