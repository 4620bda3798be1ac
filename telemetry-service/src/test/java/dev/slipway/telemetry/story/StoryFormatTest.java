package dev.slipway.telemetry.story;

import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.device.Platform;
import dev.slipway.telemetry.PluginTrace;
import dev.slipway.telemetry.Reports;
import dev.slipway.telemetry.story.Chapter.Began;
import dev.slipway.telemetry.story.Chapter.Origin;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StoryFormatTest {

  private static final long SEED = 20261125;
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  /// Something else in every member, so that none can be mistaken for another.
  private static final Story FULL =
      new Story(
          NOON,
          NOON.plusSeconds(86_400),
          List.of(
              new Chapter(
                  ROLLOUT,
                  ChannelName.of("production"),
                  "1.4.2",
                  true,
                  NOON.minusSeconds(1),
                  NOON.minusSeconds(90_000),
                  true,
                  new Origin(NOON.plusNanos(1), Platform.IOS, "nätwork"),
                  new Began(NOON.plusMillis(2), 1),
                  new Moments(List.of(NOON.plusMillis(3), NOON.plusSeconds(4))),
                  new Moments(List.of(NOON.plusSeconds(5))),
                  new Moments(List.of(NOON.plusSeconds(6))),
                  new Moments(List.of(NOON.plusSeconds(7))),
                  new Began(NOON.plusSeconds(8), 2),
                  NOON.plusSeconds(9),
                  NOON.plusSeconds(10),
                  List.of(
                      new Sighting(NOON.plusSeconds(11), NOON.plusSeconds(12), true),
                      new Sighting(NOON.plusSeconds(13), NOON.plusSeconds(14), false)),
                  List.of(
                      new Days(3, Arm.CONTROL, List.of(20_000L, 20_001L, 20_059L), false),
                      new Days(4, Arm.EXPOSED, List.of(20_002L), true)),
                  List.of(
                      new Watch(
                          Arm.EXPOSED,
                          5,
                          NOON.plusSeconds(15),
                          NOON.plusSeconds(16),
                          NOON.plusSeconds(17),
                          true),
                      new Watch(Arm.CONTROL, 6, NOON.plusSeconds(18), null, null, false)),
                  EnumSet.allOf(Exclusion.class),
                  NOON.plusSeconds(19)),
              Chapter.begin(
                  RolloutId.of("ffffffff-ffff-4fff-bfff-ffffffffffff"),
                  ChannelName.of("beta"),
                  "2.0.0",
                  false,
                  NOON.minusSeconds(20))),
          new Mishaps(
              List.of(
                  new Failure(Version.of("1.4.2"), Kind.START, 1, NOON.plusSeconds(21)),
                  new Failure(Version.of("1.4.1"), Kind.FETCH, 300, NOON.minusSeconds(22))),
              1_780_000_000_000L));

  /// `FULL` in format 1. It must be read as long as there may be state in it; a constant of an enum
  /// that changed its place would show here, too.
  private static final String FULL_IN_FORMAT_1 =
      "0180b7b6b00d0080c60a0002111111112222333344445555555555550a70726f64756374696f6e05312e"
          + "342e32ffff07260001009ffe0a00000301086ec3a474776f726b00a01f010200f02e0800010a00010c00"
          + "010e00100002120014000216001800011a001c00000203010003c0b802027404000101c4b8020200051e"
          + "00012000012200010106240000000003000102ffffffffffff4fffbfffffffffffffff04626574610532"
          + "2e302e3000270080909282e7330205312e342e3200012a0005312e342e3101ac022b00";

  static Stream<PluginTrace> traces() {
    return Stream.of("healthy", "never-ready", "bad-checksum", "missing-file")
        .flatMap(PluginTrace::all);
  }

  @Test
  void everyMemberComesBack() {
    assertThat(StoryFormat.read(StoryFormat.write(FULL))).isEqualTo(FULL);
    assertThat(StoryFormat.read(StoryFormat.write(Story.EMPTY))).isEqualTo(Story.EMPTY);
  }

  @Test
  void theLayoutStays() {
    assertThat(HexFormat.of().formatHex(StoryFormat.write(FULL))).isEqualTo(FULL_IN_FORMAT_1);
    assertThat(StoryFormat.read(HexFormat.of().parseHex(FULL_IN_FORMAT_1))).isEqualTo(FULL);
  }

  @ParameterizedTest
  @MethodSource("traces")
  void whatDevicesTellComesBack(PluginTrace trace) {
    // Given
    var story = Story.EMPTY;
    var around = new Surroundings(PluginTrace.START, Duration.ofDays(2));
    for (var report : trace.reports()) {
      // When
      story = story.after(report, report.receivedAt(), around).story();

      // Then
      assertThat(StoryFormat.read(StoryFormat.write(story))).isEqualTo(story);
    }
  }

  @Test
  void anyStoryComesBack() {
    System.out.println("seed " + SEED);
    var random = new Random(SEED);
    for (int i = 0; i < 2_000; i++) {
      var story = new Any(random).story();

      assertThat(StoryFormat.read(StoryFormat.write(story))).isEqualTo(story);
    }
  }

  @Test
  void aDeviceWithThreeReportsTakesLittle() {
    // Given
    var device = Reports.of(1, ROLLOUT);
    var around = new Surroundings(PluginTrace.START, null);
    var story = Story.EMPTY;
    for (String action : List.of("download_zip_start", "set", "app_launch_ready")) {
      var report = device.say(action, Duration.ofMillis(1_234));
      story = story.after(report, report.receivedAt(), around).story();
    }

    // When
    byte[] bytes = StoryFormat.write(story);

    // Then
    assertThat(bytes.length).isLessThan(160);
  }

  @Test
  void aLaterFormatIsRefusedByName() {
    byte[] later = StoryFormat.write(FULL);
    later[0] = 2;

    assertThatThrownBy(() -> StoryFormat.read(later))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("format 2")
        .hasMessageContaining("newer version");
  }

  @Test
  void whatIsNoStoryIsRefused() {
    byte[] whole = StoryFormat.write(FULL);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> StoryFormat.read(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    assertThatThrownBy(() -> StoryFormat.read(longer)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StoryFormat.read("{\"chapters\":[]}".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /// Whatever the types allow.
  private record Any(Random random) {

    Story story() {
      return new Story(instant(), instant(), several(4, this::chapter), mishaps());
    }

    private Chapter chapter() {
      return new Chapter(
          RolloutId.of(new UUID(random.nextLong(), random.nextLong()).toString()),
          ChannelName.of("c" + random.nextInt(1_000)),
          text(),
          random.nextBoolean(),
          perhaps(this::instant),
          perhaps(this::instant),
          random.nextBoolean(),
          perhaps(() -> new Origin(instant(), one(Platform.values()), text())),
          perhaps(this::began),
          moments(),
          moments(),
          moments(),
          moments(),
          perhaps(this::began),
          perhaps(this::instant),
          perhaps(this::instant),
          several(16, () -> new Sighting(instant(), instant(), random.nextBoolean())),
          several(5, this::days),
          several(2, this::watch),
          Set.copyOf(several(5, () -> one(Exclusion.values()))),
          instant());
    }

    private Mishaps mishaps() {
      return new Mishaps(
          several(
              8,
              () ->
                  new Failure(
                      Version.of("1." + random.nextInt(100)),
                      one(Kind.values()),
                      random.nextInt(Integer.MAX_VALUE),
                      instant())),
          random.nextLong(Long.MAX_VALUE));
    }

    private Began began() {
      return new Began(instant(), random.nextInt(100));
    }

    private Moments moments() {
      return new Moments(several(8, this::instant));
    }

    private Days days() {
      return new Days(
          random.nextInt(100),
          one(Arm.values()),
          several(60, () -> random.nextLong(-1_000, 1_000_000)),
          random.nextBoolean());
    }

    private Watch watch() {
      return new Watch(
          one(Arm.values()),
          random.nextInt(100),
          instant(),
          perhaps(this::instant),
          perhaps(this::instant),
          random.nextBoolean());
    }

    private Instant instant() {
      return switch (random.nextInt(8)) {
        case 0 -> Instant.MIN;
        case 1 -> Instant.MAX;
        case 2 -> Instant.EPOCH;
        case 3 -> NOON.plusMillis(random.nextInt());
        case 4 -> NOON.plusNanos(random.nextLong());
        default -> NOON.plusNanos(random.nextInt() * 1_000L);
      };
    }

    private String text() {
      return random
          .ints(random.nextInt(200), 0, 0x2FF)
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();
    }

    private <T> T one(T[] values) {
      return values[random.nextInt(values.length)];
    }

    private <T> @Nullable T perhaps(Supplier<T> value) {
      return random.nextBoolean() ? value.get() : null;
    }

    private <T> List<T> several(int most, Supplier<T> value) {
      var all = new ArrayList<T>();
      for (int i = random.nextInt(most + 1); i > 0; i--) all.add(value.get());
      return all;
    }
  }
}
