package dev.slipway.delivery.http;

import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/// The bodies that an event loop waits for, oldest first, looked at once a second: a timer for each
/// would cost more than the rest of a check. Whoever sends a byte now and then would hold a
/// connection for ever. One per event loop, and used by its thread alone.
final class SlowBodies {

  /// A body comes with its headers, or soon after them.
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private static final long LOOK_MILLIS = 1000;
  private static final ThreadLocal<SlowBodies> OF_THREAD = new ThreadLocal<>();

  /// One of them; an entry of the list itself, so that leaving it costs nothing.
  abstract static class Awaited {
    private @Nullable SlowBodies list;
    private @Nullable Awaited older;
    private @Nullable Awaited newer;
    private long deadline;

    /// It did not come in time.
    abstract void tookTooLong();

    /// It has come, or will not.
    final void leave() {
      var home = list;
      if (home == null) return;
      if (older == null) home.oldest = newer;
      else older.newer = newer;
      if (newer == null) home.newest = older;
      else newer.older = older;
      list = null;
      older = null;
      newer = null;
    }
  }

  private @Nullable Awaited oldest;
  private @Nullable Awaited newest;

  private SlowBodies() {}

  /// The one of this event loop. For event loops alone.
  static SlowBodies here(Vertx vertx) {
    var bodies = OF_THREAD.get();
    if (bodies == null) {
      var fresh = new SlowBodies();
      OF_THREAD.set(fresh);
      vertx.setPeriodic(LOOK_MILLIS, _ -> fresh.look(System.nanoTime()));
      return fresh;
    }
    return bodies;
  }

  void await(Awaited body) {
    body.list = this;
    body.deadline = System.nanoTime() + PATIENCE_NANOS;
    body.older = newest;
    if (newest == null) oldest = body;
    else newest.newer = body;
    newest = body;
  }

  private void look(long now) {
    for (var body = oldest; body != null && now - body.deadline >= 0; body = oldest) {
      body.leave();
      body.tookTooLong();
    }
  }
}
