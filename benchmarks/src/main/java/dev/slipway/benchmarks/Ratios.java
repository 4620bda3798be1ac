package dev.slipway.benchmarks;

import java.lang.reflect.Method;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs benchmarks and prints each beside the baseline of its class: `[--quick] [PART OF A NAME]…`.
/// The ratio is that of CPU time, which others on the machine disturb less than the clock. Ends
/// with 1 if a goal is missed, with 2 if there is no such benchmark.
public final class Ratios {

  private static final String BASELINE = "baseline";

  private Ratios() {}

  /// What was measured, in milliseconds for each call whatever the benchmark's own unit is.
  ///
  /// @param millis by the clock
  /// @param cpu of the processor, all threads together
  private record Line(String type, String method, String parameters, double millis, double cpu) {

    String group() {
      return type + parameters;
    }
  }

  public static void main(String[] arguments) throws RunnerException {
    List<String> names =
        List.of(arguments).stream().filter(argument -> !argument.startsWith("-")).toList();
    ChainedOptionsBuilder options =
        new OptionsBuilder().verbosity(VerboseMode.NORMAL).addProfiler(CpuTime.class);
    if (names.isEmpty()) options = options.include("dev\\.slipway\\.benchmarks\\..*");
    for (String name : names) options = options.include("dev\\.slipway\\.benchmarks\\..*" + name);
    if (List.of(arguments).contains("--quick")) {
      options =
          options
              .forks(1)
              .warmupIterations(2)
              .warmupTime(TimeValue.seconds(1))
              .measurementIterations(3)
              .measurementTime(TimeValue.seconds(1));
    }
    Collection<RunResult> results = new Runner(options.build()).run();
    if (results.isEmpty()) System.exit(2);
    System.exit(print(results.stream().map(Ratios::line).toList()) ? 0 : 1);
  }

  private static Line line(RunResult result) {
    var parameters = result.getParams();
    String name = parameters.getBenchmark();
    int dot = name.lastIndexOf('.');
    double score = result.getPrimaryResult().getScore();
    double millisInUnit = parameters.getTimeUnit().toNanos(1) / 1e6;
    double millis =
        parameters.getMode() == Mode.Throughput ? millisInUnit / score : score * millisInUnit;
    var values = new StringBuilder();
    for (String key : parameters.getParamsKeys()) {
      values.append(' ').append(key).append('=').append(parameters.getParam(key));
    }
    var measured = result.getSecondaryResults().get(CpuTime.NAME);
    double cpu = measured == null ? Double.NaN : measured.getScore();
    return new Line(
        name.substring(0, dot), name.substring(dot + 1), values.toString(), millis, cpu);
  }

  /// Whether every goal is reached.
  private static boolean print(List<Line> lines) {
    Map<String, Double> baselines = new HashMap<>();
    for (Line line : lines) {
      if (line.method().equals(BASELINE)) baselines.put(line.group(), line.cpu());
    }
    boolean reached = true;
    System.out.printf(
        Locale.ROOT,
        "%n%-52s %12s %12s %8s  %s%n",
        "benchmark",
        "ms a call",
        "ms of CPU",
        "ratio",
        "goal");
    for (Line line : lines) {
      Double baseline = baselines.get(line.group());
      boolean isBaseline = line.method().equals(BASELINE);
      double ratio = baseline == null ? Double.NaN : baseline / line.cpu();
      Goal goal = goal(line);
      String verdict = "";
      if (goal != null) {
        boolean ok =
            (goal.ratio() == 0 || ratio >= goal.ratio())
                && (goal.millis() == 0 || line.millis() <= goal.millis());
        reached &= ok;
        verdict =
            (goal.ratio() > 0 ? "≥ " + goal.ratio() : "≤ " + goal.millis() + " ms")
                + (ok ? "  reached" : "  MISSED");
      }
      System.out.printf(
          Locale.ROOT,
          "%-52s %12.3f %12.3f %8s  %s%n",
          line.type().replace("dev.slipway.benchmarks.", "")
              + "."
              + line.method()
              + line.parameters(),
          line.millis(),
          line.cpu(),
          isBaseline || Double.isNaN(ratio) ? "" : "%.2f".formatted(ratio),
          verdict);
    }
    return reached;
  }

  private static @Nullable Goal goal(Line line) {
    try {
      for (Method method : Class.forName(line.type()).getMethods()) {
        if (method.getName().equals(line.method())) return method.getAnnotation(Goal.class);
      }
      return null;
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("JMH has just run it", e);
    }
  }
}
