package dev.slipway.delivery.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class NameTableTest {

  private record Thing(String name, int number) implements NameTable.Named {}

  @RepeatedTest(20)
  void isWhatAMapWouldBeAfterAnyChanges() {
    // Given
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    var map = new HashMap<String, Thing>();
    var table = NameTable.<Thing>empty();

    for (int round = 0; round < 60; round++) {
      var before = table;
      var beforeMap = Map.copyOf(map);

      // When
      var changes = new HashMap<String, @Nullable Thing>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        var name = name(random.nextInt(100));
        changes.put(name, random.nextInt(4) == 0 ? null : new Thing(name, random.nextInt()));
      }
      table = table.with(changes);
      changes.forEach(
          (name, thing) -> {
            if (thing == null) map.remove(name);
            else map.put(name, thing);
          });

      // Then
      holds(table, map);
      holds(before, beforeMap);
    }
    assertThat(NameTable.of(map.values())).isEqualTo(table).hasSameHashCodeAs(table);
  }

  private static void holds(NameTable<Thing> table, Map<String, Thing> map) {
    assertThat(table.size()).isEqualTo(map.size());
    assertThat(table).containsExactlyInAnyOrderElementsOf(map.values());
    for (int i = 0; i < 100; i++) assertThat(table.get(name(i))).isEqualTo(map.get(name(i)));
  }

  /// Some of them share their hash: "Aa" and "BB" do.
  private static String name(int number) {
    return (number % 2 == 0 ? "Aa" : "BB") + number / 2;
  }

  @Test
  void takesOneThingOfAName() {
    var things = List.of(new Thing("a", 1), new Thing("a", 2));
    assertThatIllegalArgumentException().isThrownBy(() -> NameTable.of(things));
  }
}
