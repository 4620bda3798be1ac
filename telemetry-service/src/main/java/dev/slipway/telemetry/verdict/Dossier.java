package dev.slipway.telemetry.verdict;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.Baseline.Share;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known about one rollout besides its counts. Immutable.
///
/// @param terms absent until the channel's state or the rollout's events that carry them were seen
/// @param exclusions devices by reason
/// @param returns devices by the hours within which they came back; 0 for those that are watched
/// @param shares of the attempts that had confirmed a healthy start, by the rollout's age
/// @param offsets of the deltas: per partition the offset after the last one that was added
/// @param last the newest verdict
/// @param due whether something may be said that was not said yet
/// @param pooledAt when its figures went into the app's baseline
/// @param touchedAt when the last delta was flushed
public record Dossier(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    @Nullable Terms terms,
    SortedMap<String, Long> exclusions,
    SortedMap<Integer, Long> returns,
    List<Share> shares,
    SortedMap<Integer, Long> offsets,
    @Nullable Verdict last,
    boolean due,
    @Nullable Instant pooledAt,
    Instant touchedAt) {

  /// What changes beside the attempts to start is said this often.
  private static final Duration SLOW = Duration.ofSeconds(10);

  /// At these ages a rollout's confirmed share is noted.
  private static final List<Duration> AGES =
      List.of(
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofHours(1),
          Duration.ofHours(4),
          Duration.ofHours(12),
          Duration.ofDays(1),
          Duration.ofDays(2),
          Duration.ofDays(3),
          Duration.ofDays(7));

  public Dossier {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
    returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
    shares = List.copyOf(shares);
    offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
  }

  /// A rollout that a first delta told of.
  public static Dossier open(OutcomeDelta delta) {
    return new Dossier(
        delta.rolloutId(),
        delta.appId(),
        delta.channel(),
        null,
        new TreeMap<>(),
        new TreeMap<>(),
        List.of(),
        new TreeMap<>(),
        null,
        false,
        null,
        delta.flushedAt());
  }

  /// One more delta was added, the last before `offset`.
  ///
  /// @param confirmed share of the attempts that confirmed a healthy start by now
  public Dossier with(OutcomeDelta delta, int partition, long offset, double confirmed) {
    var read = new TreeMap<>(offsets);
    read.put(partition, offset);
    return new Dossier(
        rolloutId,
        appId,
        channel,
        terms,
        sum(exclusions, delta.exclusions()),
        sum(returns, delta.returns()),
        shares(delta.flushedAt(), confirmed),
        read,
        last,
        true,
        pooledAt,
        delta.flushedAt());
  }

  private List<Share> shares(Instant now, double confirmed) {
    var by = terms;
    if (by == null || shares.size() == AGES.size()) return shares;
    var age = Duration.between(by.startedAt(), now);
    if (age.compareTo(AGES.get(shares.size())) < 0) return shares;
    var more = new ArrayList<>(shares);
    while (more.size() < AGES.size() && age.compareTo(AGES.get(more.size())) >= 0) {
      more.add(new Share(AGES.get(more.size()), confirmed));
    }
    return more;
  }

  private static <K extends Comparable<K>> SortedMap<K, Long> sum(
      SortedMap<K, Long> one, SortedMap<K, Long> other) {
    var sum = new TreeMap<>(one);
    other.forEach((key, devices) -> sum.merge(key, devices, Long::sum));
    sum.values().removeIf(devices -> devices == 0);
    return sum;
  }

  public Dossier with(Terms known) {
    return copy(known, last, due, pooledAt);
  }

  /// A delta waits to be added.
  public Dossier waiting() {
    return copy(terms, last, true, pooledAt);
  }

  /// Nothing new is to be said.
  public Dossier settled() {
    return copy(terms, last, false, pooledAt);
  }

  /// The verdict was said.
  public Dossier said(Verdict verdict) {
    return copy(terms, verdict, false, pooledAt);
  }

  /// Its figures went into the app's baseline.
  public Dossier pooled(Instant now) {
    return copy(terms, last, due, now);
  }

  private Dossier copy(
      @Nullable Terms by, @Nullable Verdict verdict, boolean isDue, @Nullable Instant pooled) {
    return new Dossier(
        rolloutId,
        appId,
        channel,
        by,
        exclusions,
        returns,
        shares,
        offsets,
        verdict,
        isDue,
        pooled,
        touchedAt);
  }

  /// What the next judgement has to stand by.
  public Judge.@Nullable Last lastJudged() {
    return last == null ? null : new Judge.Last(last.health(), last.action());
  }

  /// Whether a judgement is news that must not wait.
  public boolean isUrgent(Judgement judgement) {
    return last == null
        || last.health() != judgement.health()
        || last.action() != judgement.action();
  }

  /// Whether a judgement says anything that the last verdict did not, about starts soon, about the
  /// rest every ten seconds.
  public News news(Judgement judgement, Instant now) {
    if (isUrgent(judgement)
        || last == null
        || last.stage() != judgement.stage()
        || !last.counts().equals(judgement.counts())) {
      return News.NOW;
    }
    if (last.exclusions().equals(exclusionsOf(judgement))
        && judgement.parts().equals(last.parts())) {
      return News.NONE;
    }
    return now.isBefore(last.decidedAt().plus(SLOW)) ? News.LATER : News.NOW;
  }

  /// When to say something.
  public enum News {
    NOW,
    LATER,
    NONE
  }

  /// The verdict that says a judgement.
  public Verdict verdict(Judgement judgement, Terms by, Instant now) {
    return new Verdict(
        rolloutId,
        appId,
        channel,
        last == null ? 1 : last.revision() + 1,
        judgement.health(),
        judgement.action(),
        judgement.stage(),
        judgement.counts(),
        judgement.evidence(),
        judgement.gate(),
        exclusionsOf(judgement),
        offsets,
        by.digest(),
        judgement.sentence(),
        now,
        judgement.parts(),
        judgement.shortfall());
  }

  private SortedMap<String, Long> exclusionsOf(Judgement judgement) {
    return sum(exclusions, judgement.exclusions());
  }
}
