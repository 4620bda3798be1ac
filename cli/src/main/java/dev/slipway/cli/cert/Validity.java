package dev.slipway.cli.cert;

import dev.slipway.bundle.Digest;
import dev.slipway.bundle.PublisherCertificate;
import dev.slipway.cli.term.Terminal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/// A certificate, and what it is still good for.
///
/// @param fingerprint SHA-256 of the certificate, by which apps pin it
/// @param daysLeft whole days until it ends; negative once it has
/// @param graceEndsAt the last second at which it can still hand over to its successor
/// @param graceDaysLeft whole days that are left of the grace alone: all of them until the
///     certificate ends, negative once it is too late
public record Validity(
    Digest fingerprint,
    String publisherId,
    String algorithm,
    Instant notBefore,
    Instant notAfter,
    State state,
    long daysLeft,
    Instant graceEndsAt,
    long graceDaysLeft) {

  /// Where the app says nothing else.
  static final Duration USUAL_GRACE = Duration.ofDays(365);

  private static final long SOON = 90;

  /// What it can do.
  public enum State {
    NOT_YET_VALID,
    VALID,
    IN_GRACE,
    ENDED
  }

  static Validity of(PublisherCertificate certificate, Instant now, Duration grace) {
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    Instant graceEnd = certificate.notAfter().plus(grace);
    State state =
        second.isBefore(certificate.notBefore())
            ? State.NOT_YET_VALID
            : !second.isAfter(certificate.notAfter())
                ? State.VALID
                : !second.isAfter(graceEnd) ? State.IN_GRACE : State.ENDED;
    return new Validity(
        certificate.fingerprint(),
        certificate.publisherId(),
        certificate.algorithm().name().toLowerCase(Locale.ROOT),
        certificate.notBefore(),
        certificate.notAfter(),
        state,
        days(second, certificate.notAfter()),
        graceEnd,
        days(second.isAfter(certificate.notAfter()) ? second : certificate.notAfter(), graceEnd));
  }

  private static long days(Instant from, Instant until) {
    return Math.floorDiv(Duration.between(from, until).toSeconds(), Duration.ofDays(1).toSeconds());
  }

  List<String> lines(Terminal terminal) {
    return List.of(
        "  fingerprint  " + fingerprint,
        "  algorithm    " + algorithm,
        "  valid        %s to %s".formatted(terminal.time(notBefore), terminal.time(notAfter)),
        "  " + said(terminal));
  }

  private String said(Terminal terminal) {
    return switch (state) {
      case NOT_YET_VALID -> terminal.yellow("not valid yet");
      case VALID -> {
        String left = daysLeft + " days left; then it can hand over for " + grace() + " more";
        yield daysLeft <= SOON ? terminal.yellow(left) : terminal.green(left);
      }
      case IN_GRACE ->
          terminal.yellow(
              "ended: it signs no release any more, and can hand over to its successor for %d more days, until %s"
                  .formatted(graceDaysLeft, terminal.time(graceEndsAt)));
      case ENDED ->
          terminal.red(
              "ended, and so has its grace (%s): devices that trust it must be reinstalled"
                  .formatted(terminal.time(graceEndsAt)));
    };
  }

  private String grace() {
    return Duration.between(notAfter, graceEndsAt).toDays() + " days";
  }
}
