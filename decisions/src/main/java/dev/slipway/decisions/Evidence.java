package dev.slipway.decisions;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that counts about one rollout, added up delta by delta in the order of the log. The same
 * deltas in the same order give the same bits, whether they are added at one go or after a restart
 * with {@link #memory()}. Not thread-safe.
 */
public final class Evidence {

  /** Devices that the policy leaves out, by reason. */
  static final String EMULATOR = "emulator-or-debug";

  static final String NOT_ENROLLED = "not-enrolled";

  private static final int MAX_STAGE = 99;

  private final Policy policy;
  private final Map<Signal, Map<Arm, Tally>> tallies = new EnumMap<>(Signal.class);
  private final Map<Platform, Tally> startsOf = new EnumMap<>(Platform.class);

  /** Without those that may not roll back. */
  private final Map<Signal, Tally> known = new EnumMap<>(Signal.class);

  private final Tally enrolledStarts = new Tally();
  private final TreeMap<String, Long> leftOut = new TreeMap<>();
  private final Comparison health;
  private final Comparison silence;

  /** What cannot be computed from sums, because order matters to it. */
  public record Memory(Comparison.Memory health, Comparison.Memory silence) {
    public static final Memory EMPTY = new Memory(Comparison.Memory.EMPTY, Comparison.Memory.EMPTY);
  }

  /** Nothing seen yet. */
  public Evidence(Policy policy) {
    this(policy, Memory.EMPTY);
  }

  /** Nothing summed yet; {@link #sum} follows with the sums that belong to the memory. */
  public Evidence(Policy policy, Memory memory) {
    this.policy = policy;
    this.health = new Comparison(policy.tolerableRatio(), policy.minNetworks(), memory.health());
    this.silence = new Comparison(policy.tolerableRatio(), policy.minNetworks(), memory.silence());
    for (var signal : Signal.values()) {
      var arms = new EnumMap<Arm, Tally>(Arm.class);
      for (var arm : Arm.values()) arms.put(arm, new Tally());
      tallies.put(signal, arms);
      known.put(signal, new Tally());
    }
    for (var platform : Platform.values()) startsOf.put(platform, new Tally());
  }

  /**
   * Adds a delta, all of it or nothing.
   *
   * @throws IllegalArgumentException if a sum would become impossible; nothing is added then
   */
  public void add(OutcomeDelta delta) {
    var undo = new ArrayDeque<Runnable>();
    try {
      for (Count count : delta.counts()) sum(count, undo);
    } catch (IllegalArgumentException e) {
      // In reverse order each step leads back to a state that was there before.
      undo.forEach(Runnable::run);
      throw e;
    }
    health.add(compared(delta, Signal.HEALTH));
    silence.add(compared(delta, Signal.SILENCE));
  }

  private List<Count> compared(OutcomeDelta delta, Signal signal) {
    var counts = new ArrayList<Count>();
    for (Count count : delta.counts()) {
      if (count.signal() == signal && counts(count.sender())) counts.add(count);
    }
    return counts;
  }

  /** Adds to the sums alone, after a restart. */
  public void sum(Count count) {
    sum(count, new ArrayDeque<>());
  }

  private void sum(Count count, ArrayDeque<Runnable> undo) {
    if (count.stage() < 0 || count.stage() > MAX_STAGE) {
      throw new IllegalArgumentException("a stage is not between 0 and " + MAX_STAGE);
    }
    if (!counts(count.sender())) {
      if (count.attempts() != 0 && count.signal() == Signal.START) {
        String reason = count.sender() == Sender.EMULATOR ? EMULATOR : NOT_ENROLLED;
        leftOut.merge(reason, count.attempts(), Long::sum);
        undo.push(() -> leftOut.merge(reason, -count.attempts(), Long::sum));
      }
      return;
    }
    add(tally(count.signal(), count.arm()), count, undo);
    if (count.arm() != Arm.EXPOSED) return;
    if (mayRollBack(count.sender())) add(knownOf(count.signal()), count, undo);
    if (count.signal() == Signal.START) {
      add(startsOf(count.platform()), count, undo);
      if (count.sender() == Sender.ENROLLED) add(enrolledStarts, count, undo);
    }
  }

  private static void add(Tally to, Count count, ArrayDeque<Runnable> undo) {
    to.add(count);
    undo.push(() -> to.add(count.negated()));
  }

  private boolean counts(Sender sender) {
    return switch (policy.reports()) {
      case ENROLLED -> sender == Sender.ENROLLED;
      case ALL -> sender != Sender.EMULATOR || policy.countEmulators();
    };
  }

  /** A policy that asks for fewer networks than is shipped trusts its fleet. */
  private boolean mayRollBack(Sender sender) {
    return switch (sender) {
      case ENROLLED, ANONYMOUS, EMULATOR -> true;
      case FRESH -> policy.minNetworks() < Policy.CAUTIOUS.minNetworks();
    };
  }

  Tally tally(Signal signal, Arm arm) {
    return tallies.getOrDefault(signal, Map.of()).getOrDefault(arm, new Tally());
  }

  Tally starts() {
    return tally(Signal.START, Arm.EXPOSED);
  }

  Tally startsOf(Platform platform) {
    return startsOf.getOrDefault(platform, new Tally());
  }

  /** Of exposed devices, those whose word may roll back. */
  Tally knownOf(Signal signal) {
    return known.getOrDefault(signal, new Tally());
  }

  Tally enrolledStarts() {
    return enrolledStarts;
  }

  double health() {
    return health.eValue();
  }

  double silence() {
    return silence.eValue();
  }

  long healthBeyondCap() {
    return health.beyondCap();
  }

  /** Devices that the policy leaves out, by reason. */
  public SortedMap<String, Long> leftOut() {
    return Collections.unmodifiableSortedMap(leftOut);
  }

  /** What has to be kept beside the sums. */
  public Memory memory() {
    return new Memory(health.memory(), silence.memory());
  }
}
