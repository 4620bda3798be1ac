package dev.slipway.telemetry.stream;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/// One cache and one budget of write buffers for all stores of the process; by default each store
/// of each partition would take 98 MiB for itself. The budget is `slipway.rocksdb.mebibytes` among
/// the settings of Kafka Streams, read when the first store is opened.
public final class SharedRocksDb implements RocksDBConfigSetter {

  /// The whole budget in MiB, write buffers included.
  public static final String BUDGET = "slipway.rocksdb.mebibytes";

  private static final long DEFAULT_MEBIBYTES = 96;
  private static final long MEBIBYTE = 1 << 20;
  private static final int SHARDS = 2;
  private static final double FOR_INDEXES = 0.1;
  private static final int BLOCK_BYTES = 16 << 10;

  private static @Nullable Shared shared;

  private record Shared(LRUCache cache, WriteBufferManager writeBuffers, BloomFilter filter) {}

  /// Lives as long as the process: a store of the next start uses it too.
  private static synchronized Shared shared(Map<String, Object> settings) {
    if (shared == null) {
      RocksDB.loadLibrary();
      var budget = settings.get(BUDGET);
      long bytes =
          (budget == null ? DEFAULT_MEBIBYTES : Long.parseLong(budget.toString().strip()))
              * MEBIBYTE;
      var cache = new LRUCache(bytes, SHARDS, false, FOR_INDEXES);
      shared = new Shared(cache, new WriteBufferManager(bytes / 2, cache), new BloomFilter());
    }
    return shared;
  }

  @Override
  public void setConfig(String store, Options options, Map<String, Object> settings) {
    var common = shared(settings);
    if (options.tableFormatConfig() instanceof BlockBasedTableConfig table) {
      table.setBlockCache(common.cache());
      table.setCacheIndexAndFilterBlocks(true);
      table.setCacheIndexAndFilterBlocksWithHighPriority(true);
      table.setPinTopLevelIndexAndFilter(true);
      // Some kilobytes for each of the few new files: every look-up asks them all.
      table.setPinL0FilterAndIndexBlocksInCache(true);
      table.setBlockSize(BLOCK_BYTES);
      table.setFilterPolicy(common.filter());
      options.setTableFormatConfig(table);
    }
    // A story names rollouts, channels and versions: neighbours have most of it in common.
    options.setCompressionType(CompressionType.LZ4_COMPRESSION);
    options.setWriteBufferManager(common.writeBuffers());
    options.setMaxWriteBufferNumber(2);
    options.setWriteBufferSize(4 * MEBIBYTE);
  }

  @Override
  public void close(String store, Options options) {
    // The cache and the write buffers belong to the process, not to the store.
  }
}
