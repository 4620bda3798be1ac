package dev.slipway.cli.term;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A line that changes while work goes on; where nobody looks on, one plain line every few seconds.
/// May be updated from several threads.
public final class Progress implements AutoCloseable {

  private static final Duration LIVE = Duration.ofMillis(100);
  private static final Duration PLAIN = Duration.ofSeconds(5);
  private static final int WIDTH = 24;

  private final Terminal terminal;
  private final Clock clock;
  private @Nullable Instant shown;
  private String line = "";
  private boolean open;

  public Progress(Terminal terminal, Clock clock) {
    this.terminal = terminal;
    this.clock = clock;
    // Where nobody looks on, short work needs no line at all.
    this.shown = terminal.isLive() ? null : clock.instant();
  }

  /// Shows this line in place of the last, unless one was shown a moment ago.
  public synchronized void show(String text) {
    line = text;
    Instant now = clock.instant();
    Duration pause = terminal.isLive() ? LIVE : PLAIN;
    if (shown != null && now.isBefore(shown.plus(pause))) return;
    shown = now;
    print();
  }

  /// A line that stays, above the one that changes.
  public synchronized void note(String text) {
    if (open) {
      terminal.err().print("\r\u001b[2K");
      open = false;
    }
    terminal.note(text);
    if (terminal.isLive() && !line.isEmpty()) print();
  }

  private void print() {
    if (terminal.isLive()) {
      terminal.err().print("\r\u001b[2K" + line);
      terminal.err().flush();
      open = true;
    } else {
      terminal.note(line);
    }
  }

  /// Takes the changing line away.
  @Override
  public synchronized void close() {
    if (open) {
      terminal.err().print("\r\u001b[2K");
      terminal.err().flush();
      open = false;
    }
    line = "";
  }

  /// A bar of fixed width.
  public static String bar(long part, long whole) {
    int filled = whole <= 0 ? 0 : (int) Math.clamp(part * WIDTH / whole, 0, WIDTH);
    return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]";
  }

  /// Bytes for people.
  public static String bytes(long count) {
    if (count < 1024) return count + " B";
    if (count < 1024 * 1024) return "%.1f KiB".formatted(count / 1024.0);
    if (count < 1024L * 1024 * 1024) return "%.1f MiB".formatted(count / 1024.0 / 1024.0);
    return "%.2f GiB".formatted(count / 1024.0 / 1024.0 / 1024.0);
  }
}
