package dev.slipway.cli.publish;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.http.Refused;
import dev.slipway.cli.http.Unreachable;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/// Tries a call again, ever more slowly, where the next attempt may fare better: the line broke,
/// the service is busy (429), away (5xx) or gave up waiting (408). Where the service says when to
/// come back, it is not asked earlier. Any other refusal is an answer. May be used from several
/// threads.
///
/// @param pause waits for so long
/// @param jitter numbers from 0 to below 1, so that many publishers do not come back at once
public record Patience(Consumer<Duration> pause, DoubleSupplier jitter) {

  private static final int ATTEMPTS = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /// Whoever asks for more is not waited for: a build has better things to do.
  static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(5);

  /// Waits on the calling thread.
  public static Patience ofProcess() {
    return new Patience(Patience::sleep, Math::random);
  }

  /// The call's answer, from the first attempt that gets one.
  ///
  /// @throws Refused as the last attempt did, or the first one that cannot be mended by waiting
  /// @throws Unreachable as the last attempt did
  public <T> T patiently(Supplier<T> call) {
    for (int attempt = 1; ; attempt++) {
      Duration asked = Duration.ZERO;
      try {
        return call.get();
      } catch (Unreachable e) {
        if (attempt == ATTEMPTS) throw e;
      } catch (Refused e) {
        asked = e.retryAfter().orElse(Duration.ZERO);
        int status = e.problem().status();
        boolean passing = status == 429 || status == 408 || status >= 500;
        if (!passing || attempt == ATTEMPTS || asked.compareTo(LONGEST_RETRY_AFTER) > 0) throw e;
      }
      pause.accept(longer(asked, ownPause(attempt)));
    }
  }

  /// Between half and the whole of a span that doubles.
  private Duration ownPause(int attempt) {
    Duration whole = FIRST_PAUSE.multipliedBy(1L << (attempt - 1));
    long millis = (whole.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : whole).toMillis();
    return Duration.ofMillis((long) (millis * (1 + jitter.getAsDouble()) / 2));
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("Interrupted", e);
    }
  }
}
