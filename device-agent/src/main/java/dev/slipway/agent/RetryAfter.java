package dev.slipway.agent;

import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** How long a server that refuses to work now wants to be left alone (RFC 9110, 10.2.3). */
final class RetryAfter {

  /** Nobody can shut a device up for longer. */
  static final Duration LONGEST = Duration.ofHours(24);

  private RetryAfter() {}

  /**
   * @return empty unless the answer is 429 or 503 with a {@code Retry-After} that can be read;
   *     between a second and a day
   */
  static Optional<Duration> of(HttpResponse<?> answer, Instant now) {
    if (answer.statusCode() != 429 && answer.statusCode() != 503) return Optional.empty();
    return answer.headers().firstValue("Retry-After").flatMap(value -> read(value.strip(), now));
  }

  static Optional<Duration> read(String value, Instant now) {
    try {
      Duration wait =
          value.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value))
              : Duration.between(
                  now, DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
      if (wait.compareTo(Duration.ofSeconds(1)) < 0) return Optional.of(Duration.ofSeconds(1));
      return Optional.of(wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
