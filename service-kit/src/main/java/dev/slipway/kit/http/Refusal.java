package dev.slipway.kit.http;

import dev.slipway.contracts.http.Problem;
import java.util.LinkedHashMap;
import java.util.Map;

/// A request that is answered with a problem. The one exception of the HTTP edge: expected, cheap,
/// without a stack trace.
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  private Refusal(Problem problem) {
    super(problem.status() + " " + problem.slug(), null, false, false);
    this.problem = problem;
  }

  /// @param slug what programs decide by: stable, lower case, with hyphens
  /// @param detail what is wrong and what to do, for people; never quotes a body
  public static Refusal of(int status, String slug, String detail) {
    return new Refusal(Problem.of(status, slug, detail, Map.of()));
  }

  /// @param facts what was found, what was expected: further members of the answer
  public static Refusal of(int status, String slug, String detail, Map<String, Object> facts) {
    return new Refusal(Problem.of(status, slug, detail, facts));
  }

  /// 404, the same for what isn't there and for what the caller may not know of.
  public static Refusal notFound() {
    return of(404, "not-found", "There is nothing at this address for this access key.");
  }

  /// 401.
  public static Refusal authRequired() {
    return of(
        401,
        "auth-required",
        "Send a valid access key: Authorization: Bearer slipway_<env>_<id>_<secret>.");
  }

  /// The same with one more fact.
  public Refusal with(String name, Object fact) {
    var facts = new LinkedHashMap<>(problem.facts());
    facts.put(name, fact);
    return new Refusal(
        new Problem(problem.type(), problem.title(), problem.status(), problem.detail(), facts));
  }

  /// The answer.
  public Problem problem() {
    return problem;
  }
}
