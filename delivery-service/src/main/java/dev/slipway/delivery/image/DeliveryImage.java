package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All that devices can be told, as of one moment. Immutable; the next one comes from an
/// [ImageDelta] and shares with this one what did not change.
///
/// @param apps registered ones, and those of which only bundles or channels are known yet
/// @param rolloutsPaused whether every rollout is to be taken for paused, because what is known may
///     be out of date: nobody new gets a candidate, baselines go on
public record DeliveryImage(NameTable<AppImage> apps, boolean rolloutsPaused) {

  public static final DeliveryImage EMPTY = new DeliveryImage(NameTable.empty(), false);

  /// The registered app of this id. One that is being deleted is registered no more.
  public Optional<AppImage> app(AppId id) {
    return Optional.ofNullable(app(id.text()));
  }

  /// The same without an object around it.
  public @Nullable AppImage app(String id) {
    var app = apps.get(id);
    return app != null && app.isKnown() ? app : null;
  }

  public DeliveryImage withRolloutsPaused(boolean paused) {
    return paused == rolloutsPaused ? this : new DeliveryImage(apps, paused);
  }
}
