package dev.slipway.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DefectsTest {

  private static final int DEVICES = 20_000;

  @Test
  void strikes_the_share_that_was_asked_for() {
    // Given
    var defects = Defects.parse(7, List.of("1.3.0=0.35", "0.01"));

    // When
    double broken = share(defects, "1.3.0");
    double others = share(defects, "1.2.0");

    // Then
    assertThat(broken).isCloseTo(0.35, within(0.015));
    assertThat(others).isCloseTo(0.01, within(0.004));
  }

  @Test
  void strikes_the_same_devices_every_time_and_others_for_another_seed() {
    // Given
    var defects = Defects.parse(7, List.of("0.35"));

    // When
    List<Boolean> once = struck(defects, "1.3.0");

    // Then
    assertThat(struck(Defects.parse(7, List.of("0.35")), "1.3.0")).isEqualTo(once);
    assertThat(struck(Defects.parse(8, List.of("0.35")), "1.3.0")).isNotEqualTo(once);
    assertThat(struck(defects, "1.4.0")).isNotEqualTo(once);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.3.0=2", "-0.1", "often", "1.3.0=", "a b=0.1"})
  void anything_else_than_a_share_is_refused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Defects.parse(7, List.of(text)));
  }

  @Test
  void a_fleet_is_the_same_for_the_same_seed() {
    // When
    List<Identity> fleet = fleet(7);

    // Then
    assertThat(fleet(7)).isEqualTo(fleet);
    assertThat(fleet(8)).doesNotContainAnyElementsOf(fleet);
    Set<Object> ids = new HashSet<>();
    fleet.forEach(device -> ids.add(device.id()));
    assertThat(ids).hasSize(fleet.size());
    assertThat(fleet).extracting(Identity::network).contains(0, 39).allMatch(net -> net < 40);
    assertThat(fleet).extracting(Identity::plugin).contains(Plugin.NEWEST, Plugin.SINGLE_8);
  }

  @Test
  void each_network_is_a_16_of_its_own() {
    assertThat(
            IntStream.range(0, Fleet.Plan.MAX_NETWORKS)
                .mapToObj(network -> Identity.address(network).getAddress())
                .map(address -> address[0] + "." + address[1]))
        .doesNotHaveDuplicates()
        .allMatch(prefix -> prefix.startsWith("127."));
  }

  private static List<Identity> fleet(long seed) {
    return IntStream.range(0, 1000).mapToObj(number -> Identity.of(seed, number, 40)).toList();
  }

  private static double share(Defects defects, String version) {
    return struck(defects, version).stream().filter(struck -> struck).count() / (double) DEVICES;
  }

  private static List<Boolean> struck(Defects defects, String version) {
    return IntStream.range(0, DEVICES)
        .mapToObj(device -> defects.strikes(device, version))
        .toList();
  }
}
