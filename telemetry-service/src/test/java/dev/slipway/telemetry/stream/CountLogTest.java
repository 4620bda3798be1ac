package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

class CountLogTest {

  private static final long SEED = 20261125;
  private static final int NETWORKS = 5_000;
  private static final RolloutId OTHER = RolloutId.of("ffffffff-2222-4333-8444-555555555555");

  private final KeyValueStore<String, List<Count>> store = store();

  @Test
  void itHoldsTheSumsAfterAnyNumberOfRestartsInBoundedSpace() {
    // Given
    var random = new SplittableRandom(SEED);
    var expected = new TreeMap<String, Long>();
    CountLog.read(OTHER, store).add(List.of(count(1, 7)));
    var log = CountLog.read(ROLLOUT, store);
    int most = 0;

    // When
    for (int delta = 0; delta < 200; delta++) {
      var counts = new ArrayList<Count>();
      for (int i = 0; i < 500; i++) {
        var count = count(random.nextInt(NETWORKS), random.nextInt(-1, 4));
        counts.add(count);
        expected.merge(count.network(), count.attempts(), Long::sum);
      }
      log.add(counts);
      most = Math.max(most, rowsInStore());
      if (delta % 37 == 0) log = CountLog.read(ROLLOUT, store);
    }

    // Then: the sums, in at most twice their rows and one delta more
    assertThat(sums(log)).isEqualTo(expected);
    assertThat(sums(CountLog.read(ROLLOUT, store))).isEqualTo(expected);
    assertThat(most).isBetween(NETWORKS, 2 * NETWORKS + 500);
    assertThat(sums(CountLog.read(OTHER, store))).isEqualTo(Map.of("network-1", 7L));
  }

  private static Count count(int network, long attempts) {
    return new Count(
        Signal.START,
        Arm.EXPOSED,
        0,
        Platform.IOS,
        Sender.ANONYMOUS,
        "network-" + network,
        attempts,
        0,
        0);
  }

  private static Map<String, Long> sums(CountLog log) {
    var sums = new TreeMap<String, Long>();
    log.forEach(count -> sums.merge(count.network(), count.attempts(), Long::sum));
    return sums;
  }

  private int rowsInStore() {
    int rows = 0;
    try (var all = store.range(RolloutKeys.first(ROLLOUT), RolloutKeys.last(ROLLOUT))) {
      while (all.hasNext()) rows += all.next().value.size();
    }
    return rows;
  }

  private static KeyValueStore<String, List<Count>> store() {
    var store =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("counts"),
                Serdes.String(),
                new PackedSerde<List<Count>>(CountFormat::write, CountFormat::read))
            .withLoggingDisabled()
            .build();
    store.init(new MockProcessorContext<>().getStateStoreContext(), store);
    return store;
  }
}
