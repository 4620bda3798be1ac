package dev.slipway.telemetry.verdict;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.decisions.Judge;
import dev.slipway.decisions.Judgement;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known about one rollout besides its counts. Immutable.
///
/// @param terms absent until the channel's state that carries them was seen
/// @param exclusions devices by reason
/// @param offsets of the deltas: per partition the offset after the last one that was added
/// @param last the newest verdict
/// @param due whether something may be said that was not said yet
/// @param touchedAt when the last delta was flushed
public record Dossier(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    @Nullable Terms terms,
    SortedMap<String, Long> exclusions,
    SortedMap<Integer, Long> offsets,
    @Nullable Verdict last,
    boolean due,
    Instant touchedAt) {

  /// The reason under which a verdict shows failures beyond the caps per network.
  static final String NETWORK_CAP = "network-cap";

  public Dossier {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
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
        null,
        false,
        delta.flushedAt());
  }

  /// One more delta was added, the last before `offset`.
  public Dossier with(OutcomeDelta delta, int partition, long offset) {
    var sum = new TreeMap<>(exclusions);
    delta.exclusions().forEach((reason, devices) -> sum.merge(reason, devices, Long::sum));
    sum.values().removeIf(devices -> devices == 0);
    var read = new TreeMap<>(offsets);
    read.put(partition, offset);
    return new Dossier(rolloutId, appId, channel, terms, sum, read, last, true, delta.flushedAt());
  }

  public Dossier with(Terms known) {
    return new Dossier(rolloutId, appId, channel, known, exclusions, offsets, last, due, touchedAt);
  }

  /// Nothing new is to be said.
  public Dossier settled() {
    return new Dossier(
        rolloutId, appId, channel, terms, exclusions, offsets, last, false, touchedAt);
  }

  /// The verdict was said.
  public Dossier said(Verdict verdict) {
    return new Dossier(
        rolloutId, appId, channel, terms, exclusions, offsets, verdict, false, touchedAt);
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

  /// Whether a judgement says anything that the last verdict did not.
  public boolean isNews(Judgement judgement) {
    return isUrgent(judgement)
        || last == null
        || last.stage() != judgement.stage()
        || !last.counts().equals(judgement.counts())
        || !last.exclusions().equals(exclusionsOf(judgement));
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
        now);
  }

  private SortedMap<String, Long> exclusionsOf(Judgement judgement) {
    var all = new TreeMap<>(exclusions);
    long beyond = judgement.counts().failures() - judgement.counts().counted();
    if (beyond > 0) all.put(NETWORK_CAP, beyond);
    return all;
  }
}
