package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.telemetry.story.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.streams.state.KeyValueStore;

/// All counts of one rollout: sums in memory, and in a store a log that they are added up from
/// after a restart. What a delta counts, some thousand rows of a large fleet, is appended as one
/// record, which costs a fraction of a record for each row; once what was appended outweighs the
/// sums, they take its place. For the one thread of its task.
final class CountLog {

  /// Some 40 bytes each: a record stays well below what a topic takes.
  private static final int ROWS_PER_RECORD = 4_000;

  private final RolloutId rollout;
  private final KeyValueStore<String, List<Count>> log;
  private final Map<Row, Row.Sum> sums = new HashMap<>();

  /// Records from this one on, to before the next one, are in the log.
  private long first;

  private long next;
  private long rowsInLog;

  private CountLog(RolloutId rollout, KeyValueStore<String, List<Count>> log) {
    this.rollout = rollout;
    this.log = log;
  }

  /// What the log holds of a rollout.
  static CountLog read(RolloutId rollout, KeyValueStore<String, List<Count>> log) {
    var counts = new CountLog(rollout, log);
    try (var records = log.range(RolloutKeys.first(rollout), RolloutKeys.last(rollout))) {
      while (records.hasNext()) {
        var record = records.next();
        long number = RolloutKeys.number(record.key);
        if (counts.rowsInLog == 0) counts.first = number;
        counts.next = number + 1;
        counts.sum(record.value);
      }
    }
    return counts;
  }

  void add(List<Count> more) {
    if (more.isEmpty()) return;
    append(more);
    sum(more);
    if (rowsInLog > 2L * Math.max(ROWS_PER_RECORD, sums.size())) replace();
  }

  void forEach(Consumer<Count> each) {
    sums.forEach((row, sum) -> each.accept(row.count(sum)));
  }

  private void append(List<Count> more) {
    log.put(RolloutKeys.of(rollout, next++), more);
  }

  private void sum(List<Count> more) {
    rowsInLog += more.size();
    for (Count count : more) sums.merge(Row.of(count), Row.Sum.of(count), Row.Sum::and);
  }

  private void replace() {
    for (long number = first; number < next; number++) {
      log.delete(RolloutKeys.of(rollout, number));
    }
    first = next;
    var all = new ArrayList<Count>(sums.size());
    forEach(all::add);
    rowsInLog = all.size();
    for (int from = 0; from < all.size(); from += ROWS_PER_RECORD) {
      append(List.copyOf(all.subList(from, Math.min(all.size(), from + ROWS_PER_RECORD))));
    }
  }
}
