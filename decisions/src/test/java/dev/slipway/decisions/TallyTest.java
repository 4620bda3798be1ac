package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TallyTest {

  private static final long SEED = 20261122;

  @Test
  void addsUpDevicesAndNetworks() {
    var tally = new Tally();

    tally.add(count(0, "a", 10, 1, 4));
    tally.add(count(0, "b", 5, 0, 2));
    tally.add(count(1, "a", 7, 2, 0));
    tally.add(count(0, "a", 0, 1, -1));

    assertThat(tally.counts(10)).isEqualTo(new Counts(22, 4, 3, 5, 2));
    assertThat(tally.since(1, 10)).isEqualTo(new Counts(7, 2, 2, 0, 1));
    assertThat(tally.newestStage()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // failures per network | min_networks | counted
        "''                            | 10 | 0",
        "1                             | 10 | 1",
        "50                            | 10 | 3",
        "50,50                         | 10 | 6",
        "50,2,1                        | 10 | 6",
        "9,9,9,9,9,9,9,9,9             | 10 | 27",
        "9,9,9,9,9,9,9,9,9,9           | 10 | 90",
        "100,9,9,9,9,9,9,9,9,9,9       | 10 | 100",
        "100,4,4,4,4,4,4,4,4,4,4       | 10 | 44",
        "100,1,1,1,1,1,1,1,1,1         | 10 | 12",
        "50                            | 1  | 50",
        "50,10                         | 2  | 20",
      })
  void oneNetworkSaysNoMoreThanItsShare(String failures, int minNetworks, long counted) {
    List<Long> perNetwork = new ArrayList<>();
    for (String text : failures.split(",")) {
      if (!text.isEmpty()) perNetwork.add(Long.parseLong(text));
    }

    assertThat(Tally.capped(perNetwork, minNetworks)).isEqualTo(counted);
  }

  @Test
  void theCapIsTheLargestThatHolds() {
    var random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      // Given
      List<Long> reports = new ArrayList<>();
      int networks = random.nextInt(40);
      for (int i = 0; i < networks; i++)
        reports.add(1 + (long) random.nextInt(1 << random.nextInt(8)));
      int minNetworks = 1 + random.nextInt(12);
      long expected = 0;
      for (long c = 1; c <= 200; c++) {
        long sum = 0;
        for (long x : reports) sum += Math.min(x, c);
        if (c <= 3 || c * minNetworks <= sum) expected = sum;
      }

      // When
      long counted = Tally.capped(reports, minNetworks);

      // Then
      assertThat(counted).as("seed %s, %s, %s", SEED, reports, minNetworks).isEqualTo(expected);
    }
  }

  @Test
  void theOrderDoesNotMatter() {
    // Given
    var random = new Random(SEED);
    List<Count> counts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      counts.add(count(random.nextInt(3), "n" + random.nextInt(30), 3, random.nextInt(2), 1));
    }
    var inOrder = new Tally();
    counts.forEach(inOrder::add);

    // When
    Collections.shuffle(counts, random);
    var shuffled = new Tally();
    counts.forEach(shuffled::add);

    // Then
    assertThat(shuffled.counts(10)).as("seed %s", SEED).isEqualTo(inOrder.counts(10));
    assertThat(shuffled.since(2, 10)).isEqualTo(inOrder.since(2, 10));
    assertThat(shuffled.countedConfirmed(10)).isEqualTo(inOrder.countedConfirmed(10));
  }

  @Test
  void refusesMoreOutcomesThanAttemptsAndStaysAsItWas() {
    var tally = new Tally();
    tally.add(count(0, "a", 2, 1, 1));

    assertThatThrownBy(() -> tally.add(count(0, "a", 0, 1, 0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tally.add(count(1, "b", 0, 0, -1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(tally.counts(10)).isEqualTo(new Counts(2, 1, 1, 1, 1));
  }

  static Count count(int stage, String network, long attempts, long failures, long confirmed) {
    return new Count(stage, Platform.ANDROID, network, attempts, failures, confirmed);
  }
}
