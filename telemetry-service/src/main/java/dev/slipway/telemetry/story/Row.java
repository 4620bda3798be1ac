package dev.slipway.telemetry.story;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/// Under what a device is counted.
public record Row(
    Signal signal, Arm arm, int stage, Platform platform, Sender sender, String network) {

  /// What devices add to a row.
  public record Sum(long attempts, long failures, long confirmed) {
    public static final Sum NOTHING = new Sum(0, 0, 0);

    public static Sum of(Count count) {
      return new Sum(count.attempts(), count.failures(), count.confirmed());
    }

    public Sum and(Sum more) {
      return new Sum(
          attempts + more.attempts, failures + more.failures, confirmed + more.confirmed);
    }
  }

  public static Row of(Count count) {
    return new Row(
        count.signal(),
        count.arm(),
        count.stage(),
        count.platform(),
        count.sender(),
        count.network());
  }

  /// The row with what devices add to it.
  public Count count(Sum sum) {
    return new Count(
        signal,
        arm,
        stage,
        platform,
        sender,
        network,
        sum.attempts(),
        sum.failures(),
        sum.confirmed());
  }

  /// What has to be added to the counts when a device that stood for some sums stands for others.
  static List<Count> difference(Map<Row, Sum> before, Map<Row, Sum> after) {
    var rows = new LinkedHashSet<>(before.keySet());
    rows.addAll(after.keySet());
    var counts = new ArrayList<Count>();
    for (Row row : rows) {
      Sum was = before.getOrDefault(row, Sum.NOTHING);
      Sum is = after.getOrDefault(row, Sum.NOTHING);
      if (was.equals(is)) continue;
      counts.add(
          row.count(
              new Sum(
                  is.attempts() - was.attempts(),
                  is.failures() - was.failures(),
                  is.confirmed() - was.confirmed())));
    }
    return counts;
  }

  static Map<Row, Sum> none() {
    return new HashMap<>();
  }
}
