package dev.slipway.ingest.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.app.AppState;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.StateView;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;

/// The registered apps, as the topic `apps` tells them.
@ApplicationScoped
public class Apps {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final StateView<AppState> view;

  Apps(StateView<AppState> view) {
    this.view = view;
  }

  /// The app, as far as it is known at once.
  public Optional<AppState> find(AppId app) {
    return view.find(app.text());
  }

  /// The app. An unknown one may have been registered a moment ago: before it is refused, the view
  /// reads what the topic has now.
  ///
  /// @throws Refusal 404 `not-found`
  public AppState require(AppId app) {
    return find(app).or(() -> latest(app)).orElseThrow(Refusal::notFound);
  }

  /// The app, for who wants to add to it.
  ///
  /// @throws Refusal 404 `not-found`, 409 `app-deleted`
  public AppState requireOpen(AppId app) {
    AppState state = require(app);
    if (state.deletedAt() != null) {
      throw Refusal.of(
              409, "app-deleted", "The app is deleted and waits for its end: nothing is added.")
          .with("deleted_at", state.deletedAt());
    }
    return state;
  }

  /// The app as the topic has it now, waited for at most 2 s.
  public Optional<AppState> latest(AppId app) {
    view.caughtUpWithNow(PATIENCE).await().indefinitely();
    return find(app);
  }
}
