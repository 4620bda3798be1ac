package dev.slipway.telemetry.stream;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.telemetry.packed.Packer;
import dev.slipway.telemetry.packed.Unpacker;
import dev.slipway.telemetry.story.Row;
import dev.slipway.telemetry.story.Story.Change;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a partition will say about a rollout with its next deltas: sums, which changes are added
/// to. For one thread.
final class Pending {

  private static final int FORMAT = 1;

  /// The order in which a delta lists its counts.
  private static final Comparator<Count> ORDER =
      Comparator.comparing(Count::signal)
          .thenComparing(Count::arm)
          .thenComparing(Count::stage)
          .thenComparing(Count::platform)
          .thenComparing(Count::sender)
          .thenComparing(Count::network);

  private final AppId appId;
  private final ChannelName channel;
  private final Map<Row, Row.Sum> rows = new HashMap<>();
  private final SortedMap<String, Long> exclusions = new TreeMap<>();
  private final SortedMap<Integer, Long> returns = new TreeMap<>();

  Pending(AppId appId, ChannelName channel) {
    this.appId = appId;
    this.channel = channel;
  }

  AppId appId() {
    return appId;
  }

  ChannelName channel() {
    return channel;
  }

  SortedMap<String, Long> exclusions() {
    return exclusions;
  }

  SortedMap<Integer, Long> returns() {
    return returns;
  }

  int size() {
    return rows.size();
  }

  void add(Change change) {
    for (Count count : change.counts()) add(Row.of(count), Row.Sum.of(count));
    sum(exclusions, change.exclusions());
    sum(returns, change.returns());
  }

  void add(Pending more) {
    more.rows.forEach(this::add);
    sum(exclusions, more.exclusions);
    sum(returns, more.returns);
  }

  private void add(Row row, Row.Sum sum) {
    rows.merge(row, sum, Row.Sum::and);
  }

  private static <K> void sum(SortedMap<K, Long> sums, SortedMap<K, Long> more) {
    more.forEach(
        (key, devices) -> {
          if (sums.merge(key, devices, Long::sum) == 0) sums.remove(key);
        });
  }

  /// Without those that add nothing: a success and the failure that overrode it between two
  /// flushes, say.
  List<Count> counts() {
    var counts = new ArrayList<Count>(rows.size());
    rows.forEach(
        (row, sum) -> {
          if (!sum.equals(Row.Sum.NOTHING)) counts.add(row.count(sum));
        });
    counts.sort(ORDER);
    return counts;
  }

  byte[] write() {
    var to = new Packer().number(FORMAT).text(appId.toString()).text(channel.text());
    to.number(exclusions.size());
    exclusions.forEach((reason, devices) -> to.text(reason).signed(devices));
    to.number(returns.size());
    returns.forEach((hours, devices) -> to.number(hours).signed(devices));
    to.number(rows.size());
    rows.forEach((row, sum) -> CountFormat.write(row.count(sum), to));
    return to.toBytes();
  }

  /// @throws IllegalArgumentException if the bytes are of a later version, or none of ours
  static Pending read(byte[] bytes) {
    var from = new Unpacker(bytes);
    from.format(FORMAT);
    var pending = new Pending(AppId.of(from.text()), ChannelName.of(from.text()));
    for (int left = from.whole(); left > 0; left--) {
      pending.exclusions.put(from.text(), from.signed());
    }
    for (int left = from.whole(); left > 0; left--) {
      pending.returns.put(from.whole(), from.signed());
    }
    for (int left = from.whole(); left > 0; left--) {
      Count count = CountFormat.read(from);
      pending.add(Row.of(count), Row.Sum.of(count));
    }
    from.end();
    return pending;
  }
}
