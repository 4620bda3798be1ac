package dev.slipway.decisions;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One rollout that is judged once more, delta by delta in the order of the log, with the settings
 * that it had or with others. It needs no more memory than the sums. Not thread-safe.
 */
public final class Replay {

  private final Judge judge;
  private final Evidence evidence;
  private final TreeMap<String, Long> reported = new TreeMap<>();
  private @Nullable Judgement newest;

  /**
   * @param usualHealth as in {@link Judge}
   */
  public Replay(Version version, Policy policy, double usualHealth) {
    this.judge = new Judge(version, policy, usualHealth);
    this.evidence = new Evidence(policy);
  }

  /**
   * Adds the next delta.
   *
   * @return what is said after it
   * @throws IllegalArgumentException if it makes a sum impossible; it is as if it had not been
   *     there then, as telemetry puts it aside
   */
  public Judgement add(OutcomeDelta delta) {
    evidence.add(delta);
    delta.exclusions().forEach((reason, devices) -> reported.merge(reason, devices, Long::sum));
    newest = judge.judge(evidence, newest == null ? null : Judge.Last.of(newest));
    return newest;
  }

  /**
   * Whether a verdict says what this replay says now, down to the last bit of its figures. When it
   * was said, and as which revision, is not compared.
   */
  public boolean says(Verdict verdict) {
    var now = newest;
    return now != null
        && now.health() == verdict.health()
        && now.action() == verdict.action()
        && now.stage() == verdict.stage()
        && now.counts().equals(verdict.counts())
        && Double.compare(now.evidence(), verdict.evidence()) == 0
        && Double.compare(now.gate(), verdict.gate()) == 0
        && now.parts().equals(verdict.parts())
        && now.sentence().equals(verdict.sentence())
        && Objects.equals(now.shortfall(), verdict.shortfall())
        && exclusions(now).equals(verdict.exclusions());
  }

  private SortedMap<String, Long> exclusions(Judgement now) {
    var all = new TreeMap<>(now.exclusions());
    reported.forEach((reason, devices) -> all.merge(reason, devices, Long::sum));
    all.values().removeIf(devices -> devices == 0);
    return all;
  }
}
