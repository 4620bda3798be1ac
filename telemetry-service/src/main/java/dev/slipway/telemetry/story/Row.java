package dev.slipway.telemetry.story;

import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Under what a device is counted.
public record Row(
    Signal signal, Arm arm, int stage, Platform platform, Sender sender, String network) {

  private static final int PRIME = 31;

  /// As the compiler would have it, but with the network, which tells most rows apart, last: asked
  /// several times for each report.
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || other instanceof Row row
            && signal == row.signal
            && arm == row.arm
            && stage == row.stage
            && platform == row.platform
            && sender == row.sender
            && network.equals(row.network);
  }

  @Override
  public int hashCode() {
    int hash = signal.ordinal();
    hash = hash * PRIME + arm.ordinal();
    hash = hash * PRIME + stage;
    hash = hash * PRIME + platform.ordinal();
    hash = hash * PRIME + sender.ordinal();
    return hash * PRIME + network.hashCode();
  }

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

  /// A row with what one device stands for in it.
  record Share(Row row, Sum sum) {}

  /// What has to be added to the counts when a device that stood for some shares stands for others.
  /// A device has a few rows: looking through them costs less than hashing them would.
  static List<Count> difference(List<Share> before, List<Share> after) {
    var counts = new ArrayList<Count>();
    for (Share share : before) {
      Share is = find(after, share.row());
      add(counts, share.row(), share.sum(), is == null ? Sum.NOTHING : is.sum());
    }
    for (Share share : after) {
      if (find(before, share.row()) == null) add(counts, share.row(), Sum.NOTHING, share.sum());
    }
    return counts;
  }

  private static @Nullable Share find(List<Share> shares, Row row) {
    for (Share share : shares) {
      if (share.row().equals(row)) return share;
    }
    return null;
  }

  private static void add(List<Count> counts, Row row, Sum was, Sum is) {
    if (was.equals(is)) return;
    counts.add(
        row.count(
            new Sum(
                is.attempts() - was.attempts(),
                is.failures() - was.failures(),
                is.confirmed() - was.confirmed())));
  }
}
