package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.Cohort;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What changes between one image and the next. Any cut of the records into deltas and any
/// repetition of records ends in the same image, because a record that is not newer than what is
/// known says nothing. For one thread.
public final class ImageDelta {

  private final DeliveryImage base;
  private final OfferWriter offers;
  private final Map<AppId, AppDelta> apps = new HashMap<>();

  public ImageDelta(DeliveryImage base, OfferWriter offers) {
    this.base = base;
    this.offers = offers;
  }

  public void replay(AppState app) {
    var delta = of(app.appId());
    if (delta.app == null || app.revision() > delta.app.revision()) delta.app = app;
  }

  public void replay(BundleState bundle) {
    var delta = of(bundle.appId());
    var known = delta.bundles.get(bundle.version());
    if (known != null && bundle.revision() <= known.state().revision()) return;
    delta.bundles.put(
        bundle.version(),
        new BundleImage(
            bundle,
            SemVer.coerce(bundle.version().text()).orElse(null),
            bundle.capgo() == null ? null : offers.write(bundle, bundle.capgo())));
  }

  /// @throws IllegalArgumentException if the rollout's salt is none; nothing has changed then
  public void replay(ChannelState channel) {
    if (channel.rollout() != null) Cohort.of(channel.rollout().salt());
    var delta = of(channel.appId());
    var known = delta.channels.get(channel.channel());
    if (known != null && channel.revision() <= known.revision()) return;
    delta.channels.put(channel.channel(), channel);
  }

  public void removeApp(AppId id) {
    of(id).app = null;
  }

  public void removeBundle(AppId id, Version version) {
    of(id).bundles.remove(version);
  }

  public void removeChannel(AppId id, ChannelName name) {
    of(id).channels.remove(name);
  }

  /// The next image.
  public DeliveryImage apply() {
    if (apps.isEmpty()) return base;
    var next = new HashMap<>(base.apps());
    apps.forEach(
        (id, delta) -> {
          if (delta.isEmpty()) {
            next.remove(id);
          } else {
            next.put(id, AppImage.of(delta.app, delta.bundles, delta.channels));
          }
        });
    return new DeliveryImage(next, base.rolloutsPaused());
  }

  private AppDelta of(AppId id) {
    return apps.computeIfAbsent(id, _ -> new AppDelta(base.apps().get(id)));
  }

  private static final class AppDelta {
    @Nullable AppState app;
    final Map<Version, BundleImage> bundles = new HashMap<>();
    final Map<ChannelName, ChannelState> channels = new TreeMap<>();

    AppDelta(@Nullable AppImage base) {
      if (base == null) return;
      app = base.state();
      bundles.putAll(base.bundles());
      base.channels().forEach((name, channel) -> channels.put(name, channel.state()));
    }

    boolean isEmpty() {
      return app == null && bundles.isEmpty() && channels.isEmpty();
    }
  }
}
