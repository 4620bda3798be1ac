package dev.slipway.decisions;

import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.telemetry.Verdict.Parts;
import dev.slipway.contracts.telemetry.Verdict.Shortfall;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the counts of a rollout mean under its policy.
 *
 * @param stage the newest stage that attempts came from
 * @param evidence the e-value of "fails more often than tolerated"
 * @param gate the e-value of the promotion gate
 * @param parts what the evidence is made of
 * @param exclusions what the rules left out, by reason
 * @param sentence the same for people
 * @param shortfall as in the verdict
 */
public record Judgement(
    Health health,
    Action action,
    int stage,
    Counts counts,
    double evidence,
    double gate,
    Parts parts,
    SortedMap<String, Long> exclusions,
    String sentence,
    @Nullable Shortfall shortfall) {
  public Judgement {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
  }
}
