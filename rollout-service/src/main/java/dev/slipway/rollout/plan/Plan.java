package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Refusals.anotherIsActive;
import static dev.slipway.rollout.plan.Refusals.orStale;
import static dev.slipway.rollout.plan.Refusals.refuse;
import static dev.slipway.rollout.plan.Refusals.unlessStale;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.BaselineReplaced;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelDeleted;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelOpened;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelRulesChanged;
import dev.slipway.contracts.rollout.RolloutEvent.RetryAllowed;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.VersionQuarantined;
import dev.slipway.rollout.plan.Order.ChangeRules;
import dev.slipway.rollout.plan.Order.ClockTick;
import dev.slipway.rollout.plan.Order.Delete;
import dev.slipway.rollout.plan.Order.Draft;
import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Order.Quarantine;
import dev.slipway.rollout.plan.Order.Reopen;
import dev.slipway.rollout.plan.Order.ReportRefusal;
import dev.slipway.rollout.plan.Order.RetryFrom;
import dev.slipway.rollout.plan.Order.Start;
import dev.slipway.rollout.plan.Order.VerdictReceived;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;

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

  private Plan() {}

  public static Outcome decide(Channel channel, Order order, Facts facts, Instant now) {
    return switch (order) {
      case Draft draft -> Starts.draft(channel, draft, now);
      case Start start ->
          unlessStale(channel, start.epoch(), () -> Starts.start(channel, start, facts, now));
      case Reopen(var rules, var by) -> reopen(channel, rules, by, now);
      case ChangeRules it when it.rules().equals(channel.rules()) -> Decision.unchanged(channel);
      case ChangeRules(var rules, var by, var epoch) ->
          unlessStale(
              channel,
              epoch,
              () ->
                  Decision.one(
                      channel, now, d -> new ChannelRulesChanged(d.about(null, null), rules, by)));
      case Delete it -> unlessStale(channel, it.epoch(), () -> delete(channel, it.by(), now));
      case RetryFrom it ->
          it.from() != null && it.from().equals(channel.retryFrom())
              ? Decision.unchanged(channel)
              : unlessStale(channel, it.epoch(), () -> retryFrom(channel, it, now));
      case Quarantine it -> quarantine(channel, it, now);
      case ReportRefusal(var version, var where, var cause) ->
          Decision.one(
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
              .map(
                  rollout ->
                      orStale(channel, it, PersonalOrders.obey(channel, rollout, it, facts, now)))
              .orElseGet(
                  () -> refuse(channel, null, Reason.NOT_RUNNING, "there is no such rollout"));
      case VerdictReceived(var verdict) ->
          channel
              .rollout(verdict.rolloutId())
              .filter(rollout -> Evidence.isNews(rollout, verdict))
              .map(rollout -> Evidence.hear(channel, rollout, verdict, facts, now))
              .orElseGet(() -> Decision.unchanged(channel));
      case ClockTick _ -> tick(channel, facts, now);
    };
  }

  private static Outcome reopen(Channel channel, ChannelRules rules, Cause by, Instant now) {
    return channel.deletedAt() == null
        ? Decision.unchanged(channel)
        : Decision.one(channel, now, d -> new ChannelOpened(d.about(null, null), rules, by));
  }

  private static Outcome delete(Channel channel, Cause by, Instant now) {
    if (channel.deletedAt() != null) return Decision.unchanged(channel);
    if (channel.active() != null) return anotherIsActive(channel);
    return Decision.one(channel, now, d -> new ChannelDeleted(d.about(null, null), by));
  }

  private static Outcome retryFrom(Channel channel, RetryFrom order, Instant now) {
    var from = order.from() == null ? now : order.from();
    return from.isAfter(now)
        ? new Refused(
            Reason.TIME_INVALID,
            "an instant that has not come yet; give the one before which the failures were",
            Map.of("pointer", "/at", "now", now))
        : Decision.one(channel, now, d -> new RetryAllowed(d.about(null, null), from, order.by()));
  }

  private static Outcome quarantine(Channel channel, Quarantine order, Instant now) {
    var version = order.version();
    boolean isBaseline = channel.baseline().equals(version);
    if (channel.quarantined().contains(version) && !isBaseline) return Decision.unchanged(channel);
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

  private static Outcome tick(Channel channel, Facts facts, Instant now) {
    if (channel.deletedAt() != null) return Decision.unchanged(channel);
    var decision = new Decision(channel, now);
    channel.activeRollout().ifPresent(rollout -> Progress.lookAt(decision, rollout.id(), facts));
    channel.rollouts().values().stream()
        .filter(rollout -> rollout.phase() instanceof Phase.Scheduled(var at) && !at.isAfter(now))
        .min(
            Comparator.comparing((Rollout it) -> it.phase().toStartAt().orElse(now))
                .thenComparing(Rollout::id))
        .ifPresent(rollout -> Starts.scheduled(decision, rollout, facts));
    return decision.accepted();
  }
}
