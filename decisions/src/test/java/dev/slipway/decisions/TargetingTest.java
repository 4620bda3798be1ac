package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Condition.AttributeIn;
import dev.slipway.contracts.rollout.Condition.CustomIdIn;
import dev.slipway.contracts.rollout.Condition.NativeVersion;
import dev.slipway.contracts.rollout.Condition.OsVersion;
import dev.slipway.contracts.rollout.Condition.PlatformIn;
import dev.slipway.contracts.rollout.Condition.PluginVersion;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TargetingTest {

  private record Phone(
      Platform platform,
      @Nullable String nativeVersion,
      @Nullable String osVersion,
      @Nullable String pluginVersion,
      @Nullable String customId,
      Map<String, String> attributes)
      implements Targeting.Device {
    @Override
    public @Nullable String attribute(String key) {
      return attributes.get(key);
    }
  }

  private static final Phone PHONE =
      new Phone(Platform.ANDROID, "2.3.0", "13", "8.51.23", "tester-7", Map.of("ring", "inner"));
  private static final Phone SILENT = new Phone(Platform.IOS, null, null, null, null, Map.of());

  static Stream<Arguments> conditions() {
    return Stream.of(
        Arguments.of(new PlatformIn(Set.of(Platform.ANDROID, Platform.ELECTRON)), true),
        Arguments.of(new PlatformIn(Set.of(Platform.IOS)), false),
        Arguments.of(new NativeVersion("2.3.0", null), true),
        Arguments.of(new NativeVersion("2.3.1", null), false),
        Arguments.of(new NativeVersion(null, "2.3.0"), false),
        Arguments.of(new NativeVersion("2", "3"), true),
        Arguments.of(new OsVersion("13", null), true),
        Arguments.of(new OsVersion("13.0.0", "13.0.1"), true),
        Arguments.of(new OsVersion("14", null), false),
        Arguments.of(new PluginVersion("8.51.0", "9"), true),
        Arguments.of(new PluginVersion(null, "8.51.23"), false),
        Arguments.of(new CustomIdIn(Set.of("tester-7", "tester-8")), true),
        Arguments.of(new CustomIdIn(Set.of("tester-70")), false),
        Arguments.of(new AttributeIn("ring", Set.of("inner")), true),
        Arguments.of(new AttributeIn("ring", Set.of("outer")), false),
        Arguments.of(new AttributeIn("ping", Set.of("inner")), false));
  }

  @ParameterizedTest
  @MethodSource("conditions")
  void aCondition(Condition condition, boolean holds) {
    assertThat(Targeting.of(List.of(condition)).includes(PHONE)).isEqualTo(holds);
  }

  @ParameterizedTest
  @MethodSource("conditions")
  void whatIsNotToldMeetsNoCondition(Condition condition, boolean ignored) {
    boolean aboutPlatform = condition instanceof PlatformIn;
    assertThat(aboutPlatform || !Targeting.of(List.of(condition)).includes(SILENT)).isTrue();
  }

  @Test
  void allConditionsMustHold() {
    var android = new PlatformIn(Set.of(Platform.ANDROID));
    assertThat(Targeting.of(List.of(android, new OsVersion("13", null))).includes(PHONE)).isTrue();
    assertThat(Targeting.of(List.of(android, new OsVersion("14", null))).includes(PHONE)).isFalse();
    assertThat(Targeting.of(List.of()).includes(SILENT)).isTrue();
  }

  @Test
  void aVersionOfAnotherShapeIsInNoRange() {
    var odd = new Phone(Platform.ANDROID, "two", "Tiramisu", "", "", Map.of());
    assertThat(Targeting.of(List.of(new OsVersion(null, "99"))).includes(odd)).isFalse();
    assertThat(Targeting.of(List.of(new NativeVersion("0", null))).includes(odd)).isFalse();
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of(new PlatformIn(Set.of()), "/1/in"),
        Arguments.of(new NativeVersion(null, null), "/1"),
        Arguments.of(new OsVersion("thirteen", null), "/1/from"),
        Arguments.of(new PluginVersion("8", "8.x"), "/1/below"),
        Arguments.of(new NativeVersion("2", "2.0"), "/1/below"),
        Arguments.of(new NativeVersion("3", "2"), "/1/below"),
        Arguments.of(new CustomIdIn(Set.of()), "/1/in"),
        Arguments.of(new CustomIdIn(Set.of("")), "/1/in"),
        Arguments.of(new CustomIdIn(numbers(101)), "/1/in"),
        Arguments.of(new AttributeIn("", Set.of("a")), "/1/key"),
        Arguments.of(new AttributeIn("a", Set.of("x".repeat(129))), "/1/in"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultHasItsPositionAndCause(Condition condition, String pointer) {
    var conditions = List.of(new PlatformIn(Set.of(Platform.IOS)), condition);

    var fault = Targeting.fault(conditions).orElseThrow();

    assertThat(fault.pointer()).isEqualTo(pointer);
    assertThat(fault.cause()).isNotBlank();
    assertThatThrownBy(() -> Targeting.of(conditions)).hasMessageContaining(pointer);
  }

  @Test
  void thereIsABoundOnTheCost() {
    var most = new ArrayList<Condition>();
    for (int i = 0; i < 20; i++) most.add(new CustomIdIn(numbers(100)));
    assertThat(Targeting.fault(most)).isEmpty();
    most.add(new OsVersion("1", null));
    assertThat(Targeting.fault(most).orElseThrow().pointer()).isEqualTo("/20");
  }

  @Test
  void sizesTellPlatformAndNativeVersionOnly() {
    var targeting =
        Targeting.of(
            List.of(
                new PlatformIn(Set.of(Platform.IOS)),
                new NativeVersion("2", null),
                new OsVersion("17", null)));
    assertThat(targeting.mayInclude(Platform.IOS, "2.1")).isTrue();
    assertThat(targeting.mayInclude(Platform.IOS, "1.9")).isFalse();
    assertThat(targeting.mayInclude(Platform.ANDROID, "2.1")).isFalse();
    assertThat(targeting.readsMoreThanSizes()).isTrue();
    assertThat(Targeting.of(List.of(new NativeVersion("2", null))).readsMoreThanSizes()).isFalse();
  }

  @Test
  void anEvaluationMakesNoObjects() {
    // Given
    var targeting =
        Targeting.of(
            List.of(
                new PlatformIn(Set.of(Platform.ANDROID)),
                new NativeVersion("1", "3"),
                new OsVersion("12.1", "14"),
                new PluginVersion("8.0.0-beta.1", null),
                new CustomIdIn(Set.of("tester-7", "x")),
                new AttributeIn("ring", Set.of("inner", "y"))));
    int included = 0;
    for (int i = 0; i < 50_000; i++) if (targeting.includes(PHONE)) included++;
    var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    // When
    long before = thread.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) if (targeting.includes(PHONE)) included++;
    long bytes = thread.getCurrentThreadAllocatedBytes() - before;

    // Then: what the measuring itself makes, and no more
    assertThat(included).isEqualTo(60_000);
    assertThat(bytes).isLessThan(10_000);
  }

  private static Set<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(i -> "id" + i).collect(Collectors.toSet());
  }
}
