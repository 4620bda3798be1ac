package dev.slipway.cli.http;

import dev.slipway.cli.CommandFailure;
import dev.slipway.contracts.http.Problem;
import java.util.stream.Collectors;

/// A service said no, and why.
public final class Refused extends CommandFailure {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  public Refused(Problem problem) {
    super(text(problem));
    this.problem = problem;
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
