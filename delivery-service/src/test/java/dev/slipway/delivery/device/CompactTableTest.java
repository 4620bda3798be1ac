package dev.slipway.delivery.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CompactTableTest {

  private static final long SEED = 20261124;

  private final Random random = new Random(SEED);
  private final CompactTable table = new CompactTable();

  @Test
  void findsWhatAnOrdinaryMapHolds() {
    // Given keys that crowd together, so that runs are long and cross the end of the array
    Map<Long, List<Long>> expected = new HashMap<>();
    var keys = new ArrayList<Long>();
    for (int i = 0; i < 3_000; i++) {
      keys.add(random.nextInt(4) == 0 ? random.nextLong() : -1L - random.nextInt(2_000));
    }

    for (int step = 0; step < 30_000; step++) {
      // When
      long key = keys.get(random.nextInt(keys.size()));
      var numbers = new long[random.nextInt(4)];
      for (int i = 0; i < numbers.length; i++) numbers[i] = 1 + random.nextInt(1_000);
      table.replace(key, numbers);
      var list = new ArrayList<Long>();
      for (long number : numbers) list.add(number);
      expected.put(key, list);

      // Then
      if (step % 1_000 != 0) continue;
      for (var known : expected.entrySet()) {
        for (long number = 1; number < 1_001; number += 97) {
          assertThat(table.find(known.getKey(), -1, number) != CompactTable.NOTHING)
              .as("seed %d step %d", SEED, step)
              .isEqualTo(known.getValue().contains(number));
        }
        assertThat(table.find(known.getKey()) == CompactTable.NOTHING)
            .isEqualTo(known.getValue().isEmpty());
      }
      assertThat(table.size()).isEqualTo(expected.values().stream().mapToInt(List::size).sum());
    }
  }

  @Test
  void holdsAMillionInLessThan32MiB() {
    for (int i = 0; i < 1_000_000; i++) table.replace(random.nextLong(), i + 1);
    assertThat(table.size()).isEqualTo(1_000_000);
    assertThat(table.bytes()).isLessThan(32L << 20);
  }

  @Test
  void takesTheKeyZero() {
    table.replace(0, 7);
    assertThat(table.find(0)).isEqualTo(7);
    table.replace(0);
    assertThat(table.find(0)).isEqualTo(CompactTable.NOTHING);
  }

  @Test
  void showsAReaderAllOfAChangeOrNothingOfIt() throws Exception {
    // Given a key that always has two numbers of the same generation
    long key = 0x7000_0000_0000_0042L;
    table.replace(key, numbers(1));
    var done = new AtomicBoolean();
    try (var readers = Executors.newFixedThreadPool(3)) {
      Callable<Long> reader =
          () -> {
            long seen = 0;
            while (!done.get()) {
              long generation = table.find(key) >>> 8;
              // What was seen once is there, or a later one is
              if (table.find(key) == CompactTable.NOTHING) return -1L;
              if (generation < seen) return -2L;
              seen = generation;
            }
            return seen;
          };
      List<Future<Long>> results = new ArrayList<>();
      for (int i = 0; i < 3; i++) results.add(readers.submit(reader));

      // When
      for (int generation = 2; generation < 40_000; generation++) {
        table.replace(key, numbers(generation));
        // Others come and go around it, and the table grows
        table.replace(DeviceKeys.mix(1 + random.nextInt(1 << 16)), generation);
        table.replace(key + random.nextInt(3) + 1, generation);
        table.replace(key + random.nextInt(3) + 1);
      }
      done.set(true);

      // Then
      for (var result : results) assertThat(result.get()).isNotNegative();
    }
  }

  private static long[] numbers(long generation) {
    return new long[] {generation << 8 | 1, generation << 8 | 2};
  }

  @Test
  void isReadAsItWasWritten() throws Exception {
    for (int i = 0; i < 5_000; i++) table.replace(random.nextLong(), i + 1, i + 2);
    var out = new ByteArrayOutputStream();
    table.write(new DataOutputStream(out));

    var read = CompactTable.read(new DataInputStream(new ByteArrayInputStream(out.toByteArray())));

    assertThat(read.size()).isEqualTo(table.size());
    random.setSeed(SEED);
    for (int i = 0; i < 5_000; i++) {
      long key = random.nextLong();
      assertThat(read.find(key, -1, i + 1)).isEqualTo(i + 1);
      assertThat(read.find(key, -1, i + 2)).isEqualTo(i + 2);
    }
  }
}
