package dev.slipway.delivery.image;

import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.delivery.device.DeviceKeys;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// All that the devices of one app can be told.
public final class AppImage implements NameTable.Named {

  private final String id;
  private final @Nullable AppState state;
  private final Map<Version, BundleImage> bundles;
  private final SortedMap<ChannelName, ChannelImage> channels;
  private final long hash;

  // How a check finds its channel.
  private final boolean known;
  private final NameTable<ChannelImage> byName;
  private final ChannelImage[] all;
  private final @Nullable ChannelImage[] open;

  /// @param state absent while the app's own record has not come
  private AppImage(
      String id,
      @Nullable AppState state,
      Map<Version, BundleImage> bundles,
      SortedMap<ChannelName, ChannelImage> channels) {
    this.id = id;
    this.state = state;
    this.bundles = Map.copyOf(bundles);
    this.channels = Collections.unmodifiableSortedMap(channels);
    hash = DeviceKeys.app(id);
    known = state != null && state.deletedAt() == null;
    byName = NameTable.of(channels.values());
    all = channels.values().toArray(ChannelImage[]::new);
    open = new @Nullable ChannelImage[Platform.values().length];
    for (var platform : Platform.values()) open[platform.ordinal()] = findOpen(platform);
  }

  /// Bundles and channels of an app, of which the app's own record may not have come yet.
  static AppImage of(
      String id,
      @Nullable AppState app,
      Map<Version, BundleImage> bundles,
      Map<ChannelName, ChannelState> states) {
    var channels = new TreeMap<ChannelName, ChannelImage>();
    states.forEach((name, state) -> channels.put(name, lookUp(state, bundles)));
    return new AppImage(id, app, bundles, channels);
  }

  private static ChannelImage lookUp(ChannelState state, Map<Version, BundleImage> bundles) {
    var rollout = state.rollout();
    return new ChannelImage(
        state,
        target(state.baseline(), bundles),
        rollout == null
            ? null
            : ChannelImage.Candidate.of(rollout, target(rollout.version(), bundles)));
  }

  private static Target target(Version version, Map<Version, BundleImage> bundles) {
    if (version.isBuiltin()) return new Target.Builtin();
    var bundle = bundles.get(version);
    if (bundle == null) return new Target.Unknown(version);
    return bundle.isPublished() ? new Target.Published(bundle) : new Target.Withdrawn(version);
  }

  private @Nullable ChannelImage findOpen(Platform platform) {
    var named = state == null ? null : state.defaultChannel();
    var preferred = named == null ? null : channels.get(named);
    if (preferred != null && preferred.serves(platform)) return preferred;
    for (var channel : all) {
      if (channel.state().rules().open() && channel.serves(platform)) return channel;
    }
    return null;
  }

  /// Its id.
  @Override
  public String name() {
    return id;
  }

  @Nullable AppState state() {
    return state;
  }

  public Map<Version, BundleImage> bundles() {
    return bundles;
  }

  public SortedMap<ChannelName, ChannelImage> channels() {
    return channels;
  }

  /// Of its id, in the tables per device.
  public long hash() {
    return hash;
  }

  /// Whether devices are answered about it.
  boolean isKnown() {
    return known;
  }

  /// The app's own record, of an app that [DeliveryImage#app] gave.
  public AppState registered() {
    if (state == null) throw new IllegalStateException("the app is not registered");
    return state;
  }

  /// Whether nothing of it may be in the clear.
  public boolean isSealed() {
    return state != null
        && switch (state.policy().confidentiality()) {
          case SEALED -> true;
          case NONE -> false;
        };
  }

  /// The channel of this name, if devices of this platform may ask for it.
  public @Nullable ChannelImage onRequest(String name, Platform platform) {
    var channel = byName.get(name);
    return channel != null && channel.serves(platform) && channel.isOnRequest() ? channel : null;
  }

  public @Nullable ChannelImage channel(String name) {
    return byName.get(name);
  }

  /// The channel whose name has this hash in the tables per device.
  ///
  /// @param nameHash as the tables give it: -1 for the many devices that are in none of them
  public @Nullable ChannelImage channelOfHash(int nameHash) {
    // Each channel that is looked at may be a look into memory.
    if (nameHash < 0) return null;
    for (var channel : all) {
      if (channel.nameHash() == nameHash) return channel;
    }
    return null;
  }

  /// The channel of devices that ask for none: the app's default, else the first open one by name.
  public @Nullable ChannelImage openTo(Platform platform) {
    return open[platform.ordinal()];
  }

  /// Whether a bundle's manifest has this address.
  public boolean hasManifest(Digest digest) {
    for (var bundle : bundles.values()) {
      if (bundle.state().manifest().equals(digest)) return true;
    }
    return false;
  }

  /// The bundles that some channel offers, or would after a rollback.
  List<BundleImage> inUse() {
    var used = new ArrayList<BundleImage>();
    for (var channel : all) {
      add(used, channel.state().baseline());
      if (channel.state().previousBaseline() != null) {
        add(used, channel.state().previousBaseline());
      }
      var rollout = channel.state().rollout();
      if (rollout != null) add(used, rollout.version());
    }
    return used;
  }

  private void add(List<BundleImage> used, Version version) {
    var bundle = bundles.get(version);
    if (bundle != null && bundle.isPublished()) used.add(bundle);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AppImage that
        && id.equals(that.id)
        && Objects.equals(state, that.state)
        && bundles.equals(that.bundles)
        && channels.equals(that.channels);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return "AppImage[" + id + "]";
  }
}
