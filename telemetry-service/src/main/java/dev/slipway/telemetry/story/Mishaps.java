package dev.slipway.telemetry.story;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The versions that failed on a device, whether a rollout offered them or not. Immutable.
///
/// @param failures newest first
/// @param revision of what was said about them last; 0 before the first word
record Mishaps(List<Failure> failures, long revision) {

  static final Mishaps NONE = new Mishaps(List.of(), 0);
  static final Duration KEPT = Duration.ofDays(30);

  private static final int MOST = 8;

  /// The words about one failure, and their repetition, come within this time.
  private static final Duration SAME = Duration.ofMinutes(1);

  Mishaps {
    failures = List.copyOf(failures);
  }

  /// @param at the broker's time
  Mishaps after(Reported report, Word word, Instant at) {
    return switch (word) {
      case START_FAILED -> with(version(report.versionName()), Kind.START, at);
      case FETCH_FAILED -> with(version(report.versionName()), Kind.FETCH, at);
      case FETCH_BEGAN, CHECK_FAILED, FETCH_EXCUSED, SET, READY, FOREGROUND, BROKE, SEEN, NONE ->
          this;
    };
  }

  private Mishaps with(Optional<Version> version, Kind kind, Instant at) {
    if (version.isEmpty() || version.get().isBuiltin()) return this;
    Failure known = known(version.get(), kind);
    if (known != null && !at.isAfter(known.at().plus(SAME))) return this;
    var all = new ArrayList<>(failures);
    if (known != null) all.remove(known);
    all.removeIf(failure -> failure.at().plus(KEPT).isBefore(at));
    all.addFirst(new Failure(version.get(), kind, known == null ? 1 : known.times() + 1, at));
    return new Mishaps(
        all.subList(0, Math.min(MOST, all.size())), Math.max(revision + 1, at.toEpochMilli()));
  }

  private @Nullable Failure known(Version version, Kind kind) {
    return failures.stream()
        .filter(failure -> failure.version().equals(version) && failure.kind() == kind)
        .findFirst()
        .orElse(null);
  }

  private static Optional<Version> version(@Nullable String named) {
    if (named == null) return Optional.empty();
    int colon = named.indexOf(':');
    try {
      return Optional.of(Version.of(colon < 0 ? named : named.substring(0, colon)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
