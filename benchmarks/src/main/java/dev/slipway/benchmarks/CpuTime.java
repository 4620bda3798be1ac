package dev.slipway.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/// The CPU time of the whole process for each call, in milliseconds: with its collector, its
/// compiler, and what is set up and cleared for a call. Steadier than the clock where others use
/// the machine too.
public final class CpuTime implements InternalProfiler {

  static final String NAME = "cpu";

  private long start;

  @Override
  public String getDescription() {
    return "CPU time of the process for each call";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    start = now();
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Collection<? extends Result> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double millis = (now() - start) / 1e6;
    long calls = Math.max(1, result.getMetadata().getAllOps());
    return List.of(new ScalarResult(NAME, millis / calls, "ms", AggregationPolicy.AVG));
  }

  private static long now() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }
}
