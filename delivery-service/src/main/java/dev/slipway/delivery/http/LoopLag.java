package dev.slipway.delivery.http;

import io.vertx.core.Vertx;
import java.util.concurrent.ThreadLocalRandom;

/// How far an event loop is behind its work: a timer that should run every 20 ms is as late as a
/// request that comes in now will be. One per event loop, and used by its thread alone.
///
/// Above a limit a growing part of the update checks is turned away, so that those which are
/// answered are answered in time: none at the limit, nine in ten at four times the limit.
final class LoopLag {

  private static final long PERIOD_MILLIS = 20;
  private static final double MOST = 0.9;
  private static final ThreadLocal<LoopLag> OF_THREAD = new ThreadLocal<>();

  private long expected;
  private double lagMillis;

  private LoopLag() {}

  /// The one of this event loop. For event loops alone.
  static LoopLag here(Vertx vertx) {
    var lag = OF_THREAD.get();
    if (lag == null) {
      lag = new LoopLag();
      OF_THREAD.set(lag);
      lag.expected = System.nanoTime() + PERIOD_MILLIS * 1_000_000;
      var watched = lag;
      vertx.setPeriodic(PERIOD_MILLIS, _ -> watched.tick(System.nanoTime()));
    }
    return lag;
  }

  private void tick(long now) {
    observe(Math.max(0, now - expected) / 1e6);
    expected = now + PERIOD_MILLIS * 1_000_000;
  }

  /// Rises at once, falls by a fifth with each look, so that one pause of the collector is
  /// forgotten soon and a standing queue is not.
  void observe(double millis) {
    lagMillis = Math.max(millis, 0.8 * lagMillis + 0.2 * millis);
  }

  double millis() {
    return lagMillis;
  }

  /// Whether this check is one of those to be turned away.
  boolean sheds(long limitMillis) {
    if (limitMillis == 0 || lagMillis <= limitMillis) return false;
    return ThreadLocalRandom.current().nextDouble() < share(lagMillis, limitMillis);
  }

  static double share(double lagMillis, long limitMillis) {
    return Math.min(MOST, MOST * (lagMillis - limitMillis) / (3.0 * limitMillis));
  }
}
