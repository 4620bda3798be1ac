package dev.slipway.delivery.image;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.Cohort;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// All that the devices of one app can be told.
///
/// @param state absent while the app's own record has not come
public record AppImage(
    @Nullable AppState state,
    Map<Version, BundleImage> bundles,
    SortedMap<ChannelName, ChannelImage> channels) {

  static final AppImage EMPTY = new AppImage(null, Map.of(), new TreeMap<>());

  public AppImage {
    bundles = Map.copyOf(bundles);
    channels = Collections.unmodifiableSortedMap(new TreeMap<>(channels));
  }

  /// The app's own record, of an app that [DeliveryImage#app] gave.
  public AppState registered() {
    if (state == null) throw new IllegalStateException("the app is not registered");
    return state;
  }

  /// The channel of this name, if devices of this platform may ask for it.
  public Optional<ChannelImage> onRequest(String name, Platform platform) {
    return channel(name).filter(channel -> channel.serves(platform) && channel.isOnRequest());
  }

  public Optional<ChannelImage> channel(String name) {
    // A name of another shape cannot be in the map, and need not be an exception.
    for (var channel : channels.values()) {
      if (channel.state().channel().text().equals(name)) return Optional.of(channel);
    }
    return Optional.empty();
  }

  /// The channel of devices that ask for none: the first open one, by name.
  public Optional<ChannelImage> openTo(Platform platform) {
    for (var channel : channels.values()) {
      if (channel.state().rules().open() && channel.serves(platform)) return Optional.of(channel);
    }
    return Optional.empty();
  }

  /// The channel that answers a device.
  public Optional<ChannelImage> channelOf(@Nullable String wish, Platform platform) {
    return wish == null ? openTo(platform) : onRequest(wish, platform);
  }

  /// Whether a bundle's manifest has this address.
  public boolean hasManifest(Digest digest) {
    for (var bundle : bundles.values()) {
      if (bundle.state().manifest().equals(digest)) return true;
    }
    return false;
  }

  static AppImage of(
      @Nullable AppState app,
      Map<Version, BundleImage> bundles,
      Map<ChannelName, ChannelState> states) {
    var channels = new TreeMap<ChannelName, ChannelImage>();
    states.forEach((name, state) -> channels.put(name, lookUp(state, bundles)));
    return new AppImage(app, bundles, channels);
  }

  private static ChannelImage lookUp(ChannelState state, Map<Version, BundleImage> bundles) {
    var rollout = state.rollout();
    return new ChannelImage(
        state,
        target(state.baseline(), bundles),
        rollout == null
            ? null
            : new ChannelImage.Candidate(
                rollout, Cohort.of(rollout.salt()), target(rollout.version(), bundles)));
  }

  private static Target target(Version version, Map<Version, BundleImage> bundles) {
    if (version.isBuiltin()) return new Target.Builtin();
    var bundle = bundles.get(version);
    if (bundle == null) return new Target.Unknown(version);
    return bundle.isPublished() ? new Target.Published(bundle) : new Target.Withdrawn(version);
  }
}
