package dev.slipway.rollout.channel;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.kit.topic.StateView;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Facts.Release;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;

/// Which versions ingest has.
@ApplicationScoped
public class PublishedVersions {

  private static final Duration WAIT = Duration.ofSeconds(2);

  private final StateView<BundleState> bundles;

  public PublishedVersions(StateView<BundleState> bundles) {
    this.bundles = bundles;
  }

  /// Done once the version is known, or is certain not to be: one may have been published a moment
  /// ago, then the view catches up first.
  Uni<Void> known(AppId app, Version version) {
    return bundles.find(BundleState.key(app, version)).isPresent()
        ? Uni.createFrom().voidItem()
        : bundles.caughtUpWithNow(WAIT).replaceWithVoid();
  }

  /// What is known of the version now.
  Optional<Release> release(AppId app, Version version) {
    return bundles
        .find(BundleState.key(app, version))
        .map(
            state ->
                new Release(
                    switch (state.status()) {
                      case PUBLISHED -> Publication.PUBLISHED;
                      case WITHDRAWN -> Publication.WITHDRAWN;
                    },
                    state.securityEpoch()));
  }
}
