package dev.slipway.ingest.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReminderTest {

  private static final Instant END = Instant.parse("2026-06-30T12:00:00Z");

  @Test
  void remindsSevenTimesInAYearOfGrace() {
    assertThat(Reminder.of(END, 365))
        .extracting(Reminder::point, reminder -> days(reminder.at()))
        .containsExactly(
            point("life-90", -90),
            point("life-30", -30),
            point("life-7", -7),
            point("grace-start", 0),
            point("grace-180-in", 180),
            point("grace-30", 335),
            point("grace-7", 358));
  }

  @Test
  void graceBeginsTheSecondAfterTheLast() {
    assertThat(Reminder.of(END, 365).get(3).at()).isEqualTo(END.plusSeconds(1));
  }

  @Test
  void shorterGraceHasFewerPoints() {
    assertThat(Reminder.of(END, 180))
        .extracting(Reminder::point)
        .containsExactly("life-90", "life-30", "life-7", "grace-start", "grace-30", "grace-7");
    assertThat(Reminder.of(END, 10))
        .extracting(Reminder::point)
        .containsExactly("life-90", "life-30", "life-7", "grace-start", "grace-7");
    assertThat(Reminder.of(END, 0))
        .extracting(Reminder::point)
        .containsExactly("life-90", "life-30", "life-7");
  }

  @ParameterizedTest
  @CsvSource({"-7776000, 90", "-7775999, 90", "-1, 1", "0, 0", "5, 0"})
  void begunDaysCountWhole(long secondsAfter, int daysLeft) {
    var reminder = Reminder.of(END, 0).getFirst();
    assertThat(reminder.daysLeft(END.plusSeconds(secondsAfter))).isEqualTo(daysLeft);
  }

  private static org.assertj.core.groups.Tuple point(String name, long days) {
    return org.assertj.core.groups.Tuple.tuple(name, days);
  }

  private static long days(Instant at) {
    return Duration.between(END, at).toDays();
  }
}
