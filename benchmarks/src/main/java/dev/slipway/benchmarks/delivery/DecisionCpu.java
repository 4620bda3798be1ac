package dev.slipway.benchmarks.delivery;

import dev.slipway.delivery.decide.UpdateDecision;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;

/// The same as [DecisionBenchmark] in CPU time of the thread instead of the clock's, for machines
/// that others work on too, and the bytes that a decision allocates.
public final class DecisionCpu {

  private static final int WARM_UP = 2_000_000;
  private static final int DECISIONS = 1_000_000;
  private static final int ROUNDS = 9;

  private static volatile int sink;

  private DecisionCpu() {}

  public static void main(String[] args) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    System.out.printf(
        "%-8s %-8s %-8s %10s %12s%n", "apps", "rollout", "running", "CPU ns", "bytes");
    for (int apps : new int[] {1, 2000}) {
      for (boolean rollout : new boolean[] {false, true}) {
        for (var running : List.of("1.0.1", "1.0.0")) {
          var benchmark = new DecisionBenchmark();
          benchmark.apps = apps;
          benchmark.rollout = rollout;
          benchmark.running = running;
          benchmark.setUp();
          decide(benchmark, WARM_UP);
          double[] nanos = new double[ROUNDS];
          double[] bytes = new double[ROUNDS];
          for (int round = 0; round < ROUNDS; round++) {
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long cpu = threads.getCurrentThreadCpuTime();
            decide(benchmark, DECISIONS);
            nanos[round] = (double) (threads.getCurrentThreadCpuTime() - cpu) / DECISIONS;
            bytes[round] =
                (double) (threads.getCurrentThreadAllocatedBytes() - allocated) / DECISIONS;
          }
          Arrays.sort(nanos);
          Arrays.sort(bytes);
          System.out.printf(
              "%-8d %-8s %-8s %10.0f %12.2f%n",
              apps, rollout, running, nanos[ROUNDS / 2], bytes[ROUNDS / 2]);
        }
      }
    }
  }

  private static void decide(DecisionBenchmark benchmark, int times) {
    int offers = 0;
    for (int i = 0; i < times; i++) {
      if (benchmark.decide() instanceof UpdateDecision.Offer) offers++;
    }
    sink = offers;
  }
}
