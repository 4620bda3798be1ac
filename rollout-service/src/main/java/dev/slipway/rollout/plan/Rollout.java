package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Phase.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One rollout of a version over a baseline: what was agreed, and how far it is.
///
/// @param baseline what the channel served to everybody when it started; before that, when it was
///     written down
/// @param salt draws its cohorts; unknown to who has the events alone
/// @param supersedes the rollout whose place it took
/// @param epoch the channel's epoch at the last change
/// @param cause of the last change
/// @param verdict telemetry's newest word
/// @param growth when devices were last seen to try the version
public record Rollout(
    RolloutId id,
    Version version,
    Version baseline,
    List<Stage> stages,
    Policy policy,
    List<Condition> targeting,
    @Nullable Salt salt,
    Instant createdAt,
    @Nullable RolloutId supersedes,
    Phase phase,
    long epoch,
    Cause cause,
    @Nullable Verdict verdict,
    @Nullable Growth growth) {

  /// How long no device may have tried the version for its stage to count as used up: a day, so
  /// that a quiet night is none.
  static final Duration QUIET = Duration.ofDays(1);

  /// How often it is looked whether something unknown has become known.
  static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

  public Rollout {
    stages = List.copyOf(stages);
    targeting = List.copyOf(targeting);
  }

  /// @param attempts as of the newest verdict
  /// @param at when this number was heard first
  public record Growth(long attempts, Instant at) {}

  public RolloutState state() {
    return phase.state();
  }

  /// How far it is.
  ///
  /// @throws IllegalStateException before it started
  public Run run() {
    return phase.started().orElseThrow(() -> new IllegalStateException("it has not started"));
  }

  public Stage currentStage() {
    return stages.get(run().stage());
  }

  public Exposure exposure() {
    return phase.started().map(Run::exposure).orElse(Exposure.NONE);
  }

  /// The judgement that holds now.
  public Health health() {
    return verdict == null ? Health.INCONCLUSIVE : verdict.health();
  }

  /// From when on the next stage opens by itself, as far as its gate and its hold are concerned;
  /// empty while it waits for a verdict or a person.
  ///
  /// The newest verdict counts: an evidence gate that closed again before the hold was over is
  /// closed. While the reports speak against the version, no stage opens by itself, whatever its
  /// gate.
  public Optional<Instant> opensNextAt() {
    if (state() == RolloutState.SCHEDULED) return phase.toStartAt();
    if (state() != RolloutState.RUNNING || speaksAgainst(health())) return Optional.empty();
    return switch (currentStage().gate()) {
      case MANUAL -> Optional.empty();
      case TIME -> Optional.of(run().holdUntil());
      case EVIDENCE ->
          isHealthyHere() ? Optional.of(later(run().holdUntil(), soakedAt())) : Optional.empty();
    };
  }

  /// Before when evidence does not open what lies ahead.
  private Instant soakedAt() {
    var next = Stages.next(stages, run().stage(), run().exposure(), Optional.empty());
    boolean wide =
        next.isPresent()
            && Stages.width(stages, next.getAsInt(), Optional.empty())
                    .exposure()
                    .compareTo(Stages.SOAKED)
                > 0;
    return wide ? run().startedAt().plus(policy.minSoak()) : run().startedAt();
  }

  /// When to look at it, now that it has changed and if nothing is heard until then: at once where
  /// something is due already.
  public Optional<Instant> dueAt(Instant now) {
    return dueAt(now, now);
  }

  /// When to look at it again after a look that changed nothing.
  public Optional<Instant> dueAgainAt(Instant now) {
    return dueAt(now, now.plus(LOOK_AGAIN));
  }

  /// @param overdue when to look for what is due already
  private Optional<Instant> dueAt(Instant now, Instant overdue) {
    if (state() != RolloutState.RUNNING) return opensNextAt();
    return Stream.of(
            opensNextAt().map(at -> at.isAfter(now) ? at : overdue),
            decisionDueAt(),
            patienceEndsAt(now).map(at -> at.isAfter(now) ? at : overdue),
            run().maxDevices() == null
                ? Optional.<Instant>empty()
                : Optional.of(now.plus(LOOK_AGAIN)),
            waitsForReports()
                ? Optional.of(run().holdUntil().isAfter(now) ? run().holdUntil() : overdue)
                : Optional.<Instant>empty())
        .flatMap(Optional::stream)
        .min(Instant::compareTo);
  }

  /// When a person is asked, unless the reports answer before.
  Optional<Instant> decisionDueAt() {
    var decideBy = policy.decideBy();
    return decideBy == null || !waitsForReports() || run().asked()
        ? Optional.empty()
        : Optional.of(run().enteredAt().plus(decideBy));
  }

  /// When it is paused at the latest, where it is condemned already.
  private Optional<Instant> patienceEndsAt(Instant now) {
    return Patience.isDoomed(this) ? Optional.of(Patience.end(this, now)) : Optional.empty();
  }

  /// From when on it counts that no device has tried the version for long.
  Instant quietAt() {
    var entered = run().enteredAt();
    return (growth == null ? entered : later(growth.at(), entered)).plus(QUIET);
  }

  /// Whether it runs behind an evidence gate, and the reports say nothing yet.
  boolean waitsForReports() {
    return state() == RolloutState.RUNNING
        && currentStage().gate() == Stage.Gate.EVIDENCE
        && health() == Health.INCONCLUSIVE;
  }

  boolean isHealthyHere() {
    return verdict != null
        && verdict.health() == Health.HEALTHY
        && verdict.stage() == run().stage();
  }

  boolean isLastStage() {
    return run().stage() == stages.size() - 1;
  }

  /// Whether no stage opens by itself after such a judgement.
  static boolean speaksAgainst(Health health) {
    return switch (health) {
      case INCIDENT, UNHEALTHY, FETCH_FAILING, SILENT, DEGRADED -> true;
      case HEALTHY, INCONCLUSIVE -> false;
    };
  }

  Rollout told(Verdict word, Instant now) {
    long attempts = word.counts().attempts();
    var grown = growth == null || attempts > growth.attempts() ? new Growth(attempts, now) : growth;
    return with(phase, baseline, salt, supersedes, epoch, cause, word, grown);
  }

  Rollout in(Phase next, long at, Cause by) {
    return with(next, baseline, salt, supersedes, at, by, verdict, growth);
  }

  Rollout started(Version over, @Nullable RolloutId predecessor, Phase next, long at, Cause by) {
    return with(next, over, salt, predecessor, at, by, verdict, growth);
  }

  Rollout salted(Salt drawn) {
    return with(phase, baseline, drawn, supersedes, epoch, cause, verdict, growth);
  }

  private Rollout with(
      Phase newPhase,
      Version newBaseline,
      @Nullable Salt newSalt,
      @Nullable RolloutId newSupersedes,
      long newEpoch,
      Cause newCause,
      @Nullable Verdict newVerdict,
      @Nullable Growth newGrowth) {
    return new Rollout(
        id,
        version,
        newBaseline,
        stages,
        policy,
        targeting,
        newSalt,
        createdAt,
        newSupersedes,
        newPhase,
        newEpoch,
        newCause,
        newVerdict,
        newGrowth);
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
