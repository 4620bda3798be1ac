package dev.slipway.ingest.app;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.app.AppState;
import dev.slipway.kit.http.Refusal;
import dev.slipway.kit.topic.StateView;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/// The registered apps, as the topic `apps` tells them.
@ApplicationScoped
public class Apps {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final StateView<AppState> view;

  Apps(StateView<AppState> view) {
    this.view = view;
  }

  /// The app. An unknown one may have been registered a moment ago: before it is refused, the view
  /// reads what the topic has now.
  ///
  /// @throws Refusal 404 `not-found`
  public AppState require(AppId app) {
    return view.find(app.text())
        .or(
            () -> {
              view.caughtUpWithNow(PATIENCE).await().indefinitely();
              return view.find(app.text());
            })
        .orElseThrow(Refusal::notFound);
  }
}
