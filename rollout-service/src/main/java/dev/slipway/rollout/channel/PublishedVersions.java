package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.plan.Order.Publication;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/// Which versions ingest has.
@ApplicationScoped
public class PublishedVersions {

  private static final Duration WAIT = Duration.ofSeconds(2);

  private final StateView<BundleState> bundles;

  public PublishedVersions(StateView<BundleState> bundles) {
    this.bundles = bundles;
  }

  /// Whether the version is published for the app. One that is not known may have been published a
  /// moment ago: then the view catches up first.
  Uni<Publication> publication(AppId app, Version version) {
    var key = BundleState.key(app, version);
    return bundles.find(key).isPresent()
        ? Uni.createFrom().item(() -> known(key))
        : bundles.caughtUpWithNow(WAIT).map(_ -> known(key));
  }

  private Publication known(String key) {
    return bundles
        .find(key)
        .map(
            state ->
                switch (state.status()) {
                  case PUBLISHED -> Publication.PUBLISHED;
                  case WITHDRAWN -> Publication.WITHDRAWN;
                })
        .orElse(Publication.UNKNOWN);
  }
}
