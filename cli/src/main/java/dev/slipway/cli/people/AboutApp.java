package dev.slipway.cli.people;

import dev.slipway.bundle.AppId;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Refused;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A command about an app, which the rollout service answers.
public abstract class AboutApp extends Asking {

  @Option(
      names = "--app",
      paramLabel = "APP_ID",
      description = "The app. Environment: SLIPWAY_APP.")
  @Nullable AppId app;

  protected AboutApp(Surroundings surroundings) {
    super(surroundings);
  }

  protected AppId app() {
    if (app != null) return app;
    return surroundings
        .variable("SLIPWAY_APP")
        .map(AppId::of)
        .orElseThrow(() -> new CommandFailure("Which app? Name it with --app or SLIPWAY_APP"));
  }

  /// Where the app is on the rollout service.
  protected String appPath() {
    return "/v1/apps/" + app();
  }

  /// Does it, and says what it was about if there is no such thing: the service must not tell whose
  /// fault it is.
  @Override
  public final Integer call() throws Exception {
    try {
      return run();
    } catch (Refused refused) {
      if (refused.problem().status() != 404) throw refused;
      throw new CommandFailure(
          "There is no %s, or this access key does not open it\n  (%s, HTTP 404)"
              .formatted(about(), refused.problem().slug()),
          refused);
    }
  }

  /// What is not there if nothing is found.
  protected String about() {
    return "app " + app();
  }

  /// @return the exit code
  protected abstract Integer run() throws Exception;
}
