package dev.slipway.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that stands until a test steps it. May be read from any thread.
public final class SteppingClock extends Clock {

  private final AtomicReference<Instant> now;
  private final ZoneId zone;

  private SteppingClock(AtomicReference<Instant> now, ZoneId zone) {
    this.now = now;
    this.zone = zone;
  }

  public static SteppingClock at(Instant start) {
    return new SteppingClock(new AtomicReference<>(start), ZoneOffset.UTC);
  }

  /// @param start as in `2026-01-01T00:00:00Z`
  public static SteppingClock at(String start) {
    return at(Instant.parse(start));
  }

  /// Goes on by so much, which may be negative: clocks are set back too.
  public Instant step(Duration by) {
    return now.updateAndGet(instant -> instant.plus(by));
  }

  public void set(Instant instant) {
    now.set(instant);
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  /// The same clock seen from another zone: it steps with this one.
  @Override
  public Clock withZone(ZoneId other) {
    return new SteppingClock(now, other);
  }
}
