package dev.slipway.rollout.plan;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.BaselineReplaced;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelDeleted;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelOpened;
import dev.slipway.contracts.rollout.RolloutEvent.ChannelRulesChanged;
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
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Phase.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A channel of an app with the rollouts at hand: what orders are decided on, and locked as a
/// whole. [#apply] is the only way in which it changes, but for what events do not carry: the
/// secret salts, and what telemetry said last.
///
/// @param epoch rises with each order that has an effect
/// @param superseded versions of rollouts whose place another one took: devices keep them until it
///     reaches them or ends
/// @param retryFrom devices on which a version failed before this instant may try it again
/// @param active the rollout under way, if there is one; always among those at hand
/// @param rollouts those at hand: the active one, and whichever else an order is about
public record Channel(
    AppId appId,
    ChannelName name,
    long epoch,
    Version baseline,
    @Nullable Version previousBaseline,
    Set<Version> superseded,
    Set<Version> quarantined,
    ChannelRules rules,
    @Nullable Instant retryFrom,
    @Nullable Instant deletedAt,
    @Nullable RolloutId active,
    Map<RolloutId, Rollout> rollouts,
    Instant changedAt) {

  public Channel {
    superseded = Set.copyOf(superseded);
    quarantined = Set.copyOf(quarantined);
    rollouts = Map.copyOf(rollouts);
  }

  /// A new channel, which serves what the store delivered.
  public static Channel opened(ChannelOpened event) {
    var subject = event.subject();
    return new Channel(
        subject.appId(),
        subject.channel(),
        subject.epoch(),
        Version.BUILTIN,
        null,
        Set.of(),
        Set.of(),
        event.rules(),
        null,
        null,
        null,
        Map.of(),
        subject.at());
  }

  /// The rollout under way.
  public Optional<Rollout> activeRollout() {
    return Optional.ofNullable(active).map(rollouts::get);
  }

  public Optional<Rollout> rollout(RolloutId id) {
    return Optional.ofNullable(rollouts.get(id));
  }

  /// Versions whose devices keep them: those of a rollout that is offered to nobody new, and of
  /// rollouts that it superseded.
  public Set<Version> hold() {
    var held = new HashSet<>(superseded);
    activeRollout().filter(Channel::isClosed).map(Rollout::version).ifPresent(held::add);
    held.removeAll(quarantined);
    return Collections.unmodifiableSet(held);
  }

  /// What the other services are told.
  public ChannelState state() {
    return new ChannelState(
        appId,
        name,
        epoch,
        baseline,
        previousBaseline,
        // One that was quarantined while it could not be rolled back is offered to nobody.
        activeRollout()
            .filter(rollout -> !quarantined.contains(rollout.version()))
            .map(Channel::told)
            .orElse(null),
        hold(),
        quarantined,
        rules,
        retryFrom,
        null,
        changedAt);
  }

  /// The record's key on the topics, and the row's.
  public String key() {
    return ChannelState.key(appId, name);
  }

  /// The next epoch. It follows the clock, so that it also rises after a restore of older data.
  public long nextEpoch(Instant now) {
    return Math.max(epoch + 1, now.toEpochMilli());
  }

  /// The channel after what happened.
  public Channel apply(RolloutEvent event) {
    var subject = event.subject();
    var at = subject.at();
    var changed =
        switch (event) {
          case ChannelOpened it -> withRules(it.rules()).deleted(null);
          case ChannelRulesChanged it -> withRules(it.rules());
          case ChannelDeleted _ -> deleted(at);
          case RolloutDrafted it -> drafted(it);
          case RolloutSubmitted it ->
              on(
                  event,
                  rollout ->
                      new Phase.AwaitingApproval(
                          rollout.phase().toStartAt().orElse(null), person(it)));
          // What it leads to is an event of its own.
          case RolloutApproved _ -> this;
          case RolloutScheduled it -> on(event, _ -> new Phase.Scheduled(it.startAt()));
          case RolloutReturned _ ->
              on(event, rollout -> new Phase.Draft(rollout.phase().toStartAt().orElse(null)));
          case RolloutStarted it -> started(it);
          case StageEntered it -> on(event, rollout -> entered(rollout, it));
          case StageFilled _ -> on(event, rollout -> onRun(rollout, run -> filled(run, true)));
          case RolloutPaused _ -> on(event, rollout -> new Phase.Paused(rollout.run(), at));
          case RolloutResumed it -> on(event, rollout -> resumed(rollout, it));
          case RolloutCompleted it ->
              on(event, rollout -> new Phase.Completed(rollout.run(), at))
                  .ended()
                  .withBaseline(version(event), it.previousBaseline());
          case RolledBack it -> rolledBack(it);
          case RolloutCancelled _ -> on(event, _ -> new Phase.Cancelled(at));
          case RolloutSuperseded it ->
              on(event, rollout -> new Phase.Superseded(rollout.run(), it.successor(), at))
                  .inactive()
                  .superseding(version(event));
          case VersionQuarantined _ -> quarantining(version(event));
          case BaselineReplaced it -> withBaseline(it.baseline(), null);
          case RetryAllowed it -> retrying(it.retryFrom());
          case AlertRaised it when it.alert() == Alert.DECISION_DUE ->
              on(event, rollout -> onRun(rollout, Channel::asked));
          case AlertRaised it when it.alert() == Alert.UNHEALTHY && isRunning(it) ->
              on(event, rollout -> onRun(rollout, run -> condemned(run, at)));
          case AlertRaised _ -> this;
        };
    return changed.at(subject.epoch(), at);
  }

  /// With a rollout that knows more, but is where it was.
  Channel knowing(Rollout told) {
    var changed = new HashMap<>(rollouts);
    changed.put(told.id(), told);
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        active,
        changed,
        changedAt);
  }

  /// With these rollouts at hand too.
  public Channel with(Iterable<Rollout> more) {
    var changed = new HashMap<>(rollouts);
    for (var rollout : more) changed.put(rollout.id(), rollout);
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        active,
        changed,
        changedAt);
  }

  private Channel drafted(RolloutDrafted it) {
    var subject = it.subject();
    return knowing(
        new Rollout(
            id(it),
            version(it),
            baseline,
            it.stages(),
            it.policy(),
            it.targeting(),
            null,
            subject.at(),
            null,
            new Phase.Draft(it.startAt()),
            subject.epoch(),
            it.cause(),
            null,
            null));
  }

  private Channel started(RolloutStarted it) {
    var subject = it.subject();
    var at = subject.at();
    var nowhere = new Run(at, 0, Exposure.NONE, null, false, at, at, false, Set.of(), null);
    var planned = rollouts.get(id(it));
    var rollout =
        planned == null
            ? new Rollout(
                id(it),
                version(it),
                it.baseline(),
                it.stages(),
                it.policy(),
                it.targeting(),
                null,
                at,
                it.supersedes(),
                new Phase.Running(nowhere),
                subject.epoch(),
                it.cause(),
                null,
                null)
            : planned.started(
                it.baseline(),
                it.supersedes(),
                new Phase.Running(nowhere),
                subject.epoch(),
                it.cause());
    var others = new HashSet<>(superseded);
    others.remove(rollout.version());
    var changed = new HashMap<>(rollouts);
    changed.put(rollout.id(), rollout);
    return with(
        epoch,
        baseline,
        previousBaseline,
        others,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        rollout.id(),
        changed,
        changedAt);
  }

  private static Phase entered(Rollout rollout, StageEntered it) {
    var at = it.subject().at();
    var run = rollout.run();
    return new Phase.Running(
        new Run(
            run.startedAt(),
            it.stage(),
            it.exposure(),
            it.maxDevices(),
            false,
            at,
            at.plus(rollout.stages().get(it.stage()).hold()),
            false,
            run.overruled(),
            run.condemnedAt()));
  }

  private static Phase resumed(Rollout rollout, RolloutResumed it) {
    if (!(rollout.phase() instanceof Phase.Paused(var run, var since))) return rollout.phase();
    var overruled = new HashSet<>(run.overruled());
    if (it.overruled() != null) overruled.add(it.overruled());
    return new Phase.Running(
        new Run(
            run.startedAt(),
            run.stage(),
            run.exposure(),
            run.maxDevices(),
            run.full(),
            run.enteredAt(),
            run.holdUntil().plus(Duration.between(since, it.subject().at())),
            run.asked(),
            overruled,
            run.condemnedAt()));
  }

  private Channel rolledBack(RolledBack it) {
    var id = id(it);
    boolean wasBaseline =
        rollout(id).filter(rollout -> rollout.state() == RolloutState.COMPLETED).isPresent();
    var changed = on(it, rollout -> new Phase.RolledBack(rollout.run(), it.subject().at()));
    // What was before that baseline is not remembered: no previous one until the next completion.
    return wasBaseline ? changed.withBaseline(it.baseline(), null) : changed.ended();
  }

  private Channel quarantining(Version version) {
    var all = new HashSet<>(quarantined);
    all.add(version);
    var others = new HashSet<>(superseded);
    others.remove(version);
    return with(
        epoch,
        baseline,
        version.equals(previousBaseline) ? null : previousBaseline,
        others,
        all,
        rules,
        retryFrom,
        deletedAt,
        active,
        rollouts,
        changedAt);
  }

  private Channel superseding(Version version) {
    var held = new HashSet<>(superseded);
    held.add(version);
    return with(
        epoch,
        baseline,
        previousBaseline,
        held,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        active,
        rollouts,
        changedAt);
  }

  /// The active rollout is over, and with it the hold on what it superseded.
  private Channel ended() {
    return with(
        epoch,
        baseline,
        previousBaseline,
        Set.of(),
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        null,
        rollouts,
        changedAt);
  }

  private Channel inactive() {
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        null,
        rollouts,
        changedAt);
  }

  private Channel withBaseline(Version next, @Nullable Version previous) {
    return with(
        epoch,
        next,
        previous,
        superseded,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        active,
        rollouts,
        changedAt);
  }

  private Channel withRules(ChannelRules next) {
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        next,
        retryFrom,
        deletedAt,
        active,
        rollouts,
        changedAt);
  }

  private Channel retrying(Instant from) {
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        from,
        deletedAt,
        active,
        rollouts,
        changedAt);
  }

  private Channel deleted(@Nullable Instant at) {
    return with(
        epoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        retryFrom,
        at,
        active,
        rollouts,
        changedAt);
  }

  private Channel at(long newEpoch, Instant at) {
    return with(
        newEpoch,
        baseline,
        previousBaseline,
        superseded,
        quarantined,
        rules,
        retryFrom,
        deletedAt,
        active,
        rollouts,
        at);
  }

  private Channel on(RolloutEvent event, Function<Rollout, Phase> next) {
    var rollout = rollouts.get(id(event));
    if (rollout == null) throw new IllegalStateException("not at hand: " + id(event));
    return knowing(rollout.in(next.apply(rollout), event.subject().epoch(), event.cause()));
  }

  private static Phase onRun(Rollout rollout, UnaryOperator<Run> change) {
    return switch (rollout.phase()) {
      case Phase.Running(var run) -> new Phase.Running(change.apply(run));
      case Phase.Paused(var run, var since) -> new Phase.Paused(change.apply(run), since);
      case Phase other -> other;
    };
  }

  private static Run filled(Run run, boolean full) {
    return new Run(
        run.startedAt(),
        run.stage(),
        run.exposure(),
        run.maxDevices(),
        full,
        run.enteredAt(),
        run.holdUntil(),
        run.asked(),
        run.overruled(),
        run.condemnedAt());
  }

  private static Run asked(Run run) {
    return new Run(
        run.startedAt(),
        run.stage(),
        run.exposure(),
        run.maxDevices(),
        run.full(),
        run.enteredAt(),
        run.holdUntil(),
        true,
        run.overruled(),
        run.condemnedAt());
  }

  private static Run condemned(Run run, Instant at) {
    return new Run(
        run.startedAt(),
        run.stage(),
        run.exposure(),
        run.maxDevices(),
        run.full(),
        run.enteredAt(),
        run.holdUntil(),
        run.asked(),
        run.overruled(),
        run.condemnedAt() == null ? at : run.condemnedAt());
  }

  private boolean isRunning(RolloutEvent event) {
    return rollout(id(event)).filter(it -> it.state() == RolloutState.RUNNING).isPresent();
  }

  /// Offered to nobody new.
  private static boolean isClosed(Rollout rollout) {
    return rollout.state() == RolloutState.PAUSED || rollout.run().full();
  }

  private static ActiveRollout told(Rollout rollout) {
    var salt = rollout.salt();
    if (salt == null) throw new IllegalStateException("a rollout under way without its salt");
    var run = rollout.run();
    return new ActiveRollout(
        rollout.id(),
        rollout.version(),
        salt.text(),
        run.exposure(),
        Stages.CONTROL,
        run.stage(),
        isClosed(rollout),
        rollout.policy(),
        rollout.targeting(),
        run.maxDevices(),
        run.startedAt());
  }

  private static Cause.Person person(RolloutEvent event) {
    return event.cause() instanceof Cause.Person by ? by : new Cause.Person("", "");
  }

  private static RolloutId id(RolloutEvent event) {
    var id = event.subject().rolloutId();
    if (id == null) throw new IllegalArgumentException("an event about no rollout");
    return id;
  }

  private static Version version(RolloutEvent event) {
    var version = event.subject().version();
    if (version == null) throw new IllegalArgumentException("an event about no version");
    return version;
  }

  private Channel with(
      long newEpoch,
      Version newBaseline,
      @Nullable Version newPrevious,
      Set<Version> newSuperseded,
      Set<Version> newQuarantined,
      ChannelRules newRules,
      @Nullable Instant newRetryFrom,
      @Nullable Instant newDeletedAt,
      @Nullable RolloutId newActive,
      Map<RolloutId, Rollout> newRollouts,
      Instant newChangedAt) {
    return new Channel(
        appId,
        name,
        newEpoch,
        newBaseline,
        newPrevious,
        newSuperseded,
        newQuarantined,
        newRules,
        newRetryFrom,
        newDeletedAt,
        newActive,
        newRollouts,
        newChangedAt);
  }

  /// Versions of rollouts at hand, for what ingest knows of them.
  public Set<Version> versions() {
    return Stream.concat(
            rollouts.values().stream().flatMap(it -> Stream.of(it.version(), it.baseline())),
            Stream.of(baseline))
        .collect(Collectors.toSet());
  }

  static boolean isOverruled(Rollout rollout, Health health) {
    return rollout.run().overruled().contains(health);
  }
}
