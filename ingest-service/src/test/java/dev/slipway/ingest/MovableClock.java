package dev.slipway.ingest;

import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/// The service's clock in tests: the machine's, until a test makes it stand.
@Alternative
@Priority(1)
@Singleton
public class MovableClock extends Clock {

  private volatile Clock clock = Clock.systemUTC();

  /// Stands at this moment from now on.
  public void standAt(Instant moment) {
    clock = Clock.fixed(moment, ZoneOffset.UTC);
  }

  /// Goes with the machine's again.
  public void goOn() {
    clock = Clock.systemUTC();
  }

  @Override
  public Instant instant() {
    return clock.instant();
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("the service knows UTC alone");
  }
}
