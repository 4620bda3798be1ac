package dev.slipway.decisions;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/**
 * What exposed and control devices say against each other, delta by delta in the order of the log.
 * Not thread-safe.
 *
 * <p>Only devices of one stage are compared: within a stage chance alone decided who is exposed.
 * Across stages it would not be so. When a stage opens at noon, the exposed devices of the next
 * minutes are those that are in use right now, and they would be held against control devices that
 * were last seen in the night.
 *
 * <p><b>Caps per network</b> bear on both arms together: of each network the first failures count,
 * whatever their arm, three at least and a share of 1/min_networks of what was counted. A cap for
 * each arm alone would cut the larger arm first and make the smaller one look worse than it is.
 */
public final class Comparison {

  private static final long ALWAYS_COUNTED = 3;

  private final RelativeTest test;
  private final int minNetworks;
  private final double[] seen;
  private final TreeMap<String, Long> countedOf;
  private final TreeMap<Integer, long[]> trials;
  private long counted;
  private long beyondCap;

  /**
   * What a comparison has to remember, beside the counts themselves.
   *
   * @param logs per ratio of the grid
   * @param countedOf failures that count, per network, of anonymous devices
   * @param trials per stage: exposed, control
   * @param counted failures that count, of anonymous devices
   * @param beyondCap failures beyond the caps
   */
  public record Memory(
      List<Double> logs,
      SortedMap<String, Long> countedOf,
      SortedMap<Integer, List<Long>> trials,
      long counted,
      long beyondCap) {

    static final Memory EMPTY =
        new Memory(
            DoubleStream.of(RelativeTest.nothing()).boxed().toList(),
            new TreeMap<>(),
            new TreeMap<>(),
            0,
            0);

    public Memory {
      logs = List.copyOf(logs);
      countedOf = Collections.unmodifiableSortedMap(new TreeMap<>(countedOf));
      trials = Collections.unmodifiableSortedMap(new TreeMap<>(trials));
    }
  }

  Comparison(double tolerableRatio, int minNetworks, Memory memory) {
    this.test = new RelativeTest(tolerableRatio);
    this.minNetworks = minNetworks;
    this.seen = memory.logs().stream().mapToDouble(Double::doubleValue).toArray();
    this.countedOf = new TreeMap<>(memory.countedOf());
    this.trials = new TreeMap<>();
    memory
        .trials()
        .forEach((stage, both) -> trials.put(stage, new long[] {both.get(0), both.get(1)}));
    this.counted = memory.counted();
    this.beyondCap = memory.beyondCap();
  }

  /** Of one delta, the counts of the signal that is compared. */
  void add(Collection<Count> counts) {
    for (Count count : counts) {
      trials.computeIfAbsent(count.stage(), stage -> new long[2])[arm(count.arm())] +=
          count.attempts();
    }
    var stages = new TreeMap<Integer, TreeMap<String, long[]>>();
    for (Count count : counts) {
      if (count.failures() == 0) continue;
      String who = count.sender() == Sender.ENROLLED ? "" : count.network();
      stages.computeIfAbsent(count.stage(), stage -> new TreeMap<>())
              .computeIfAbsent(who, network -> new long[2])[arm(count.arm())] +=
          count.failures();
    }
    stages.forEach(this::add);
  }

  private void add(int stage, TreeMap<String, long[]> failures) {
    long[] under = trials.getOrDefault(stage, new long[2]);
    // With nobody to compare with, nothing is said.
    if (under[0] <= 0 || under[1] <= 0) return;
    long a = 0;
    long b = 0;
    for (var entry : failures.entrySet()) {
      long[] both = entry.getValue();
      long room = entry.getKey().isEmpty() ? both[0] + both[1] : room(entry.getKey(), both);
      if (room == both[0] + both[1]) {
        a += both[0];
        b += both[1];
      } else {
        // Which came first is not known: the same share of both, rounded in favour of the release.
        long exposed =
            room * Math.max(0, both[0]) / Math.max(1, Math.max(0, both[0]) + Math.max(0, both[1]));
        a += exposed;
        b += room - exposed;
      }
    }
    test.add(seen, a, b, under[0] / (double) under[1]);
  }

  private long room(String network, long[] both) {
    long wanted = both[0] + both[1];
    long before = countedOf.getOrDefault(network, 0L);
    // What is taken back was counted.
    if (wanted <= 0) {
      long back = Math.max(wanted, -before);
      countedOf.put(network, before + back);
      counted += back;
      return wanted;
    }
    long now = before;
    long all = counted;
    while (now - before < wanted
        && (now + 1 <= ALWAYS_COUNTED || (now + 1) * minNetworks <= all + 1)) {
      now++;
      all++;
    }
    countedOf.put(network, now);
    counted = all;
    beyondCap += wanted - (now - before);
    return now - before;
  }

  double eValue() {
    return test.eValue(seen);
  }

  long beyondCap() {
    return beyondCap;
  }

  Memory memory() {
    var both = new TreeMap<Integer, List<Long>>();
    trials.forEach((stage, of) -> both.put(stage, List.of(of[0], of[1])));
    return new Memory(Arrays.stream(seen).boxed().toList(), countedOf, both, counted, beyondCap);
  }

  private static int arm(Arm arm) {
    return switch (arm) {
      case EXPOSED -> 0;
      case CONTROL -> 1;
    };
  }
}
