package dev.slipway.cli.replay;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.decisions.Judge;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What is on record about a rollout. Immutable.
///
/// @param verdicts that are still kept, by rising revision
/// @param passedOver older verdicts that are kept too, but too many to be compared
record Recorded(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    Version version,
    Policy policy,
    Instant startedAt,
    List<Verdict> verdicts,
    long passedOver) {

  Recorded {
    verdicts = List.copyOf(verdicts);
  }

  /// What was taken as the usual share of device-days with a failure.
  double usualHealth() {
    if (verdicts.isEmpty()) return Judge.USUAL_HEALTH;
    var parts = verdicts.getLast().parts();
    return parts == null ? Judge.USUAL_HEALTH : parts.usualHealth();
  }

  /// Where its deltas lie; empty while no verdict says so.
  Set<Integer> partitions() {
    var all = new TreeSet<Integer>();
    verdicts.forEach(verdict -> all.addAll(verdict.offsets().keySet()));
    return all;
  }

  /// Whether this program judges by the rules and terms that the verdicts name.
  boolean isJudgedByTheseRules() {
    return verdicts.stream()
        .allMatch(verdict -> verdict.configDigest().equals(Judge.digest(policy, usualHealth())));
  }
}
