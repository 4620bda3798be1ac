package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCompleted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutResumed;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutStarted;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutEvent.Subject;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.rollout.plan.Order.Advance;
import dev.slipway.rollout.plan.Order.ChangeRules;
import dev.slipway.rollout.plan.Order.ClockTick;
import dev.slipway.rollout.plan.Order.Pause;
import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Order.Resume;
import dev.slipway.rollout.plan.Order.RollBack;
import dev.slipway.rollout.plan.Order.Start;
import dev.slipway.rollout.plan.Order.VerdictReceived;
import dev.slipway.rollout.plan.Outcome.Accepted;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;

/// The state machine of a channel and its rollouts: `RUNNING ⇄ PAUSED → COMPLETED | ROLLED_BACK`,
/// and from COMPLETED, while its version still is the baseline, to ROLLED_BACK. Pure: time comes
/// in, events go out, nothing else happens.
///
/// An order that already holds changes nothing and is no mistake, whatever epoch its sender saw: it
/// is what the repetition of an order looks like whose answer was lost.
///
/// **Evidence and people.** UNHEALTHY applies to a rollout whatever its stage, paused or completed
/// included. A person may resume a rollout after UNHEALTHY: that overrules its PAUSE for the rest
/// of the rollout, as the verdict latches and would pause it again at once. What it does not
/// overrule: no stage opens by itself any more, only by a person's advance; and ROLL_BACK still
/// rolls back.
public final class Plan {

  private Plan() {}

  public static Outcome decide(Channel channel, Order order, Instant now) {
    return switch (order) {
      case Start start -> start(channel, start, now);
      case ChangeRules(var rules) when rules.equals(channel.rules()) -> unchanged(channel);
      case ChangeRules(var rules) -> new Accepted(List.of(), channel.withRules(rules, now));
      case Personal personal when channel.rollout() != null ->
          obey(channel, channel.rollout(), personal, now);
      case Personal _ -> refuse(channel, Reason.NOT_RUNNING, "the channel has no rollout");
      case VerdictReceived(var verdict)
          when channel.rollout() != null && isNews(channel.rollout(), verdict) ->
          hear(channel, channel.rollout().told(verdict), verdict, now);
      case VerdictReceived _ -> unchanged(channel);
      case ClockTick _ when channel.rollout() != null && isDue(channel.rollout(), now) ->
          next(channel, channel.rollout(), new Cause.Schedule(), now);
      case ClockTick _ -> unchanged(channel);
    };
  }

  private static Outcome start(Channel channel, Start order, Instant now) {
    var fault = Stages.fault(order.stages());
    if (fault.isPresent()) return fault.get();
    switch (order.publication()) {
      case UNKNOWN -> {
        return refuse(
            channel,
            Reason.VERSION_NOT_PUBLISHED,
            "the app has no published version \"" + order.version() + "\"");
      }
      case WITHDRAWN -> {
        return refuse(
            channel, Reason.VERSION_WITHDRAWN, "version " + order.version() + " was withdrawn");
      }
      case PUBLISHED -> {}
    }
    if (channel.quarantined().contains(order.version())) {
      return refuse(
          channel,
          Reason.VERSION_QUARANTINED,
          "version " + order.version() + " is quarantined: it is never offered again");
    }
    if (channel.baseline().equals(order.version())) {
      return refuse(
          channel,
          Reason.VERSION_IS_BASELINE,
          "the channel serves " + order.version() + " to everybody already");
    }
    if (channel.active() != null) return anotherIsActive(channel);

    long epoch = channel.nextEpoch(now);
    var rollout =
        new Rollout(
            order.id(),
            order.version(),
            channel.baseline(),
            order.stages(),
            order.policy(),
            order.salt(),
            now,
            new Rollout.Progress(
                RolloutState.RUNNING,
                epoch,
                0,
                now,
                now.plus(order.stages().getFirst().hold()),
                null,
                null,
                false,
                order.by()),
            null);
    var subject = subject(channel, rollout, epoch, now);
    return new Accepted(
        List.of(
            new RolloutStarted(
                subject, rollout.baseline(), rollout.stages(), rollout.policy(), order.by()),
            new StageEntered(subject, 0, rollout.exposure(), order.by())),
        channel.with(rollout, now));
  }

  private static Outcome obey(Channel channel, Rollout rollout, Personal order, Instant now) {
    var state = rollout.state();
    return switch (order) {
      case Pause _ ->
          switch (state) {
            case PAUSED -> unchanged(channel);
            case RUNNING ->
                unlessStale(channel, order, () -> pause(channel, rollout, order.by(), now));
            case COMPLETED, ROLLED_BACK -> alreadyEnded(channel, rollout);
          };
      case Resume _ ->
          switch (state) {
            case RUNNING -> unchanged(channel);
            case PAUSED ->
                unlessStale(channel, order, () -> resume(channel, rollout, order.by(), now));
            case COMPLETED, ROLLED_BACK -> alreadyEnded(channel, rollout);
          };
      case Advance _ ->
          switch (state) {
            case RUNNING ->
                unlessStale(channel, order, () -> next(channel, rollout, order.by(), now));
            case PAUSED ->
                refuse(channel, Reason.NOT_RUNNING, "the rollout is paused: resume it first");
            case COMPLETED, ROLLED_BACK -> alreadyEnded(channel, rollout);
          };
      case RollBack _ ->
          switch (state) {
            case ROLLED_BACK -> unchanged(channel);
            case RUNNING, PAUSED ->
                unlessStale(channel, order, () -> rollBack(channel, rollout, order.by(), now));
            case COMPLETED -> {
              if (!channel.baseline().equals(rollout.version())) {
                yield alreadyEnded(channel, rollout);
              }
              yield channel.active() == null
                  ? unlessStale(channel, order, () -> rollBack(channel, rollout, order.by(), now))
                  : anotherIsActive(channel);
            }
          };
    };
  }

  /// What a verdict does. HEALTHY opens the next stage where its hold is over already; where it is
  /// not, the clock does later.
  private static Outcome hear(Channel channel, Rollout told, Verdict verdict, Instant now) {
    var cause = new Cause.Evidence(verdict);
    return switch (verdict.health()) {
      case UNHEALTHY ->
          switch (verdict.action()) {
            case ROLL_BACK ->
                canRollBack(channel, told)
                    ? rollBack(channel, told, cause, now)
                    : noted(channel, told);
            case PAUSE ->
                told.state() == RolloutState.RUNNING && !told.progress().pauseOverruled()
                    ? pause(channel, told, cause, now)
                    : noted(channel, told);
            case NONE -> noted(channel, told);
          };
      case HEALTHY ->
          told.currentStage().gate() == Gate.EVIDENCE && isDue(told, now)
              ? next(channel, told, cause, now)
              : noted(channel, told);
      // Something is wrong that a rollback would not mend, or that only people can judge.
      case INCIDENT, FETCH_FAILING, SILENT ->
          told.state() == RolloutState.RUNNING && !told.progress().pauseOverruled()
              ? pause(channel, told, cause, now)
              : noted(channel, told);
      case DEGRADED, INCONCLUSIVE -> noted(channel, told);
    };
  }

  private static boolean isNews(Rollout rollout, Verdict verdict) {
    var known = rollout.verdict();
    return rollout.id().equals(verdict.rolloutId())
        && (known == null || verdict.revision() > known.revision());
  }

  private static boolean isDue(Rollout rollout, Instant now) {
    return rollout.opensNextAt().filter(at -> !at.isAfter(now)).isPresent();
  }

  private static boolean canRollBack(Channel channel, Rollout rollout) {
    return switch (rollout.state()) {
      case RUNNING, PAUSED -> true;
      case COMPLETED -> channel.active() == null && channel.baseline().equals(rollout.version());
      case ROLLED_BACK -> false;
    };
  }

  private static Accepted pause(Channel channel, Rollout rollout, Cause cause, Instant now) {
    long epoch = channel.nextEpoch(now);
    return new Accepted(
        List.of(new RolloutPaused(subject(channel, rollout, epoch, now), cause)),
        channel.with(rollout.paused(epoch, now, cause), now));
  }

  private static Accepted resume(Channel channel, Rollout rollout, Cause cause, Instant now) {
    long epoch = channel.nextEpoch(now);
    return new Accepted(
        List.of(new RolloutResumed(subject(channel, rollout, epoch, now), cause)),
        channel.with(rollout.resumed(epoch, now, cause), now));
  }

  /// Opens the next stage; after the last one the version becomes the baseline.
  private static Accepted next(Channel channel, Rollout rollout, Cause cause, Instant now) {
    long epoch = channel.nextEpoch(now);
    var subject = subject(channel, rollout, epoch, now);
    if (rollout.isLastStage()) {
      return new Accepted(
          List.of(new RolloutCompleted(subject, channel.baseline(), cause)),
          channel.with(
              rollout.ended(RolloutState.COMPLETED, epoch, now, cause),
              rollout.version(),
              channel.baseline(),
              now));
    }
    var entered = rollout.inStage(rollout.progress().stage() + 1, epoch, now, cause);
    return new Accepted(
        List.of(new StageEntered(subject, entered.progress().stage(), entered.exposure(), cause)),
        channel.with(entered, now));
  }

  private static Accepted rollBack(Channel channel, Rollout rollout, Cause cause, Instant now) {
    long epoch = channel.nextEpoch(now);
    var ended = rollout.ended(RolloutState.ROLLED_BACK, epoch, now, cause);
    var events =
        List.<RolloutEvent>of(
            new RolledBack(subject(channel, rollout, epoch, now), rollout.baseline(), cause));
    // What was before that baseline is not remembered: no previous one until the next completion.
    return rollout.state() == RolloutState.COMPLETED
        ? new Accepted(events, channel.with(ended, rollout.baseline(), null, now))
        : new Accepted(events, channel.with(ended, now));
  }

  private static Outcome unlessStale(Channel channel, Personal order, Supplier<Accepted> obeyed) {
    Long seen = order.epoch();
    return seen == null || seen == channel.epoch()
        ? obeyed.get()
        : refuse(
            channel,
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": look again, then decide");
  }

  private static Accepted unchanged(Channel channel) {
    return new Accepted(List.of(), channel);
  }

  private static Accepted noted(Channel channel, Rollout told) {
    return new Accepted(List.of(), channel.knowing(told));
  }

  private static Refused alreadyEnded(Channel channel, Rollout rollout) {
    return refuse(
        channel,
        Reason.ALREADY_ENDED,
        switch (rollout.state()) {
          case ROLLED_BACK -> "the rollout was rolled back";
          case COMPLETED -> "the rollout is complete, and " + channel.baseline() + " the baseline";
          case RUNNING, PAUSED -> "the rollout is under way";
        });
  }

  private static Refused anotherIsActive(Channel channel) {
    return refuse(
        channel,
        Reason.ROLLOUT_ACTIVE,
        "rollout " + channel.active() + " is under way on this channel");
  }

  private static Refused refuse(Channel channel, Reason reason, String detail) {
    var found = new LinkedHashMap<String, Object>();
    found.put("epoch", channel.epoch());
    if (channel.rollout() != null) {
      found.put("state", channel.rollout().state());
      found.put("stage", channel.rollout().progress().stage());
    }
    if (channel.active() != null) found.put("active_rollout", channel.active());
    return new Refused(reason, detail, found);
  }

  private static Subject subject(Channel channel, Rollout rollout, long epoch, Instant now) {
    return new Subject(
        channel.appId(), channel.name(), rollout.id(), rollout.version(), epoch, now);
  }
}
