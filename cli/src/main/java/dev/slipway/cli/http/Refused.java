package dev.slipway.cli.http;

import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.http.Problem;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A service said no, and why.
public final class Refused extends CommandFailure {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;
  private final @Nullable Duration retryAfter;

  public Refused(Problem problem) {
    this(problem, null);
  }

  /// @param retryAfter when the service asks to be asked again, if it said so
  public Refused(Problem problem, @Nullable Duration retryAfter) {
    super(text(problem));
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /// How long the service asks to be left alone, never negative.
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  public Problem problem() {
    return problem;
  }

  /// The detail, the slug that programs decide by, and the facts.
  static String text(Problem problem) {
    String detail = problem.detail();
    String sentence = detail == null || detail.isBlank() ? problem.title() : detail;
    String facts =
        problem.facts().entrySet().stream()
            .filter(fact -> !fact.getKey().equals("instance"))
            .map(fact -> "  " + fact.getKey() + ": " + fact.getValue())
            .collect(Collectors.joining("\n"));
    return sentence
        + "\n  ("
        + problem.slug()
        + ", HTTP "
        + problem.status()
        + ")"
        + (facts.isEmpty() ? "" : "\n" + facts);
  }
}
