package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import java.util.Map;
import java.util.Optional;

/// All that devices can be told, as of one moment. Immutable; the next one comes from an
/// [ImageDelta] and shares with this one what did not change.
///
/// @param apps registered ones, and those of which only bundles or channels are known yet
/// @param rolloutsPaused whether every rollout is to be taken for paused, because what is known may
///     be out of date: nobody new gets a candidate, baselines go on
public record DeliveryImage(Map<AppId, AppImage> apps, boolean rolloutsPaused) {

  public static final DeliveryImage EMPTY = new DeliveryImage(Map.of(), false);

  public DeliveryImage {
    apps = Map.copyOf(apps);
  }

  /// The registered app of this id.
  public Optional<AppImage> app(AppId id) {
    return Optional.ofNullable(apps.get(id)).filter(app -> app.state() != null);
  }

  public DeliveryImage withRolloutsPaused(boolean paused) {
    return paused == rolloutsPaused ? this : new DeliveryImage(apps, paused);
  }
}
