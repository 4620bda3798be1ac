package dev.slipway.telemetry.stream;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.telemetry.story.Story.Change;
import java.util.ArrayList;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/// What a partition has counted and not said yet. A change costs an addition in memory; what was
/// added since the last transaction is written to the store's log in one record for each rollout
/// when Kafka Streams asks all caches to write what they hold, which it does before every commit.
/// So the log holds, per transaction, exactly what the reports of the transaction changed: a crash
/// neither loses nor repeats it. For the one thread of its task.
///
/// [CachedStateStore] is not part of the public interface of Kafka Streams; nothing in that tells a
/// store that a transaction ends.
final class PendingStore implements StateStore, CachedStateStore<String, byte[]> {

  /// Some 40 bytes each: a record stays well below what a topic takes.
  private static final int ROWS_PER_RECORD = 4_000;

  private final KeyValueStore<String, byte[]> log;
  private final SortedMap<RolloutId, Pending> logged = new TreeMap<>();

  /// Since the last transaction.
  private final SortedMap<RolloutId, Pending> fresh = new TreeMap<>();

  private long nextRecord;

  PendingStore(KeyValueStore<String, byte[]> log) {
    this.log = log;
  }

  /// @param topic settings of the store's changelog
  static StoreBuilder<PendingStore> builder(String name, Map<String, String> topic) {
    return new Builder(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
            .withCachingDisabled()
            .withLoggingEnabled(topic));
  }

  /// Takes over what the log holds. To be called when the store is restored, before anything else.
  void load() {
    clearCache();
    try (var records = log.all()) {
      records.forEachRemaining(
          record -> {
            int slash = record.key.indexOf('/');
            add(logged, RolloutId.of(record.key.substring(0, slash)), read(record.value));
            nextRecord = Math.max(nextRecord, Long.parseLong(record.key.substring(slash + 1)) + 1);
          });
    }
  }

  private Pending read(byte[] bytes) {
    try {
      return Pending.read(bytes);
    } catch (IllegalArgumentException e) {
      throw new SerializationException(
          "a value of " + name() + " cannot be read: " + e.getMessage(), e);
    }
  }

  void add(AppId app, Change change) {
    var more = fresh.computeIfAbsent(change.rolloutId(), _ -> new Pending(app, change.channel()));
    more.add(change);
    if (more.size() >= ROWS_PER_RECORD) flushCache();
  }

  private static void add(SortedMap<RolloutId, Pending> sums, RolloutId rollout, Pending more) {
    Pending known = sums.putIfAbsent(rollout, more);
    if (known != null) known.add(more);
  }

  boolean isEmpty() {
    return logged.isEmpty() && fresh.isEmpty();
  }

  /// Gives all that waits, by rollout, and forgets it: it is going to be said in this transaction.
  SortedMap<RolloutId, Pending> take() {
    var all = new TreeMap<>(logged);
    fresh.forEach((rollout, more) -> add(all, rollout, more));
    var keys = new ArrayList<String>();
    try (var records = log.all()) {
      records.forEachRemaining(record -> keys.add(record.key));
    }
    keys.forEach(log::delete);
    logged.clear();
    fresh.clear();
    return all;
  }

  /// The transaction is about to end.
  @Override
  public void flushCache() {
    fresh.forEach(
        (rollout, more) -> {
          log.put(rollout + "/" + nextRecord++, more.write());
          add(logged, rollout, more);
        });
    fresh.clear();
  }

  /// What was not written is not going to be.
  @Override
  public void clearCache() {
    logged.clear();
    fresh.clear();
  }

  @Override
  public boolean setFlushListener(
      CacheFlushListener<String, byte[]> listener, boolean sendOldValues) {
    return false;
  }

  @Override
  public String name() {
    return log.name();
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    log.init(context, root);
  }

  @Override
  public void flush() {
    log.flush();
  }

  @Override
  public void close() {
    clearCache();
    log.close();
  }

  @Override
  public boolean persistent() {
    return log.persistent();
  }

  @Override
  public boolean isOpen() {
    return log.isOpen();
  }

  private record Builder(StoreBuilder<KeyValueStore<String, byte[]>> log)
      implements StoreBuilder<PendingStore> {

    @Override
    public PendingStore build() {
      return new PendingStore(log.build());
    }

    @Override
    public StoreBuilder<PendingStore> withCachingEnabled() {
      return this;
    }

    @Override
    public StoreBuilder<PendingStore> withCachingDisabled() {
      return this;
    }

    @Override
    public StoreBuilder<PendingStore> withLoggingEnabled(Map<String, String> topic) {
      return new Builder(log.withLoggingEnabled(topic));
    }

    @Override
    public StoreBuilder<PendingStore> withLoggingDisabled() {
      throw new UnsupportedOperationException("without its log a crash would lose counts");
    }

    @Override
    public Map<String, String> logConfig() {
      return log.logConfig();
    }

    @Override
    public boolean loggingEnabled() {
      return true;
    }

    @Override
    public String name() {
      return log.name();
    }
  }
}
