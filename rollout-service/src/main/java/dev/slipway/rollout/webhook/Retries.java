package dev.slipway.rollout.webhook;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// When a message that was not taken is posted again: 12 more times over a little more than three
/// days, each wait a fifth longer or shorter by chance, so that messages don't come back in step.
/// Pure.
final class Retries {

  private static final List<Duration> WAITS =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofMinutes(10),
          Duration.ofMinutes(30),
          Duration.ofHours(1),
          Duration.ofHours(2),
          Duration.ofHours(5),
          Duration.ofHours(10),
          Duration.ofHours(14),
          Duration.ofHours(20),
          Duration.ofHours(24));

  private static final double JITTER = 0.2;

  /// The longest that a receiver's own wish is followed.
  static final Duration LONGEST_WISH = Duration.ofHours(24);

  /// A webhook without any success for so long is disabled.
  static final Duration GIVE_UP = Duration.ofDays(5);

  /// How often a message is posted at most.
  static final int ATTEMPTS = WAITS.size() + 1;

  private Retries() {}

  /// When to try again.
  ///
  /// @param attempts how often it was posted so far, at least once
  /// @param wish the header `Retry-After`, which can only make it later
  /// @return empty when it was tried often enough
  static Optional<Instant> next(
      int attempts, Instant now, @Nullable String wish, RandomGenerator random) {
    if (attempts > WAITS.size()) return Optional.empty();
    var wait = WAITS.get(attempts - 1);
    double factor = 1 - JITTER + 2 * JITTER * random.nextDouble();
    var usual = now.plusMillis((long) (wait.toMillis() * factor));
    return Optional.of(
        wished(wish, now).filter(at -> at.isAfter(usual)).orElse(usual));
  }

  private static Optional<Instant> wished(@Nullable String wish, Instant now) {
    if (wish == null) return Optional.empty();
    try {
      var at =
          wish.chars().allMatch(c -> c >= '0' && c <= '9') && !wish.isEmpty()
              ? now.plusSeconds(wish.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(wish))
              : ZonedDateTime.parse(wish, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var latest = now.plus(LONGEST_WISH);
      return Optional.of(at.isAfter(latest) ? latest : at);
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }
}
