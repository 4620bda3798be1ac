package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What changes between one image and the next. Any cut of the records into deltas and any
/// repetition of records ends in the same image, because a record that is not newer than what is
/// known says nothing. For one thread.
public final class ImageDelta {

  private final DeliveryImage base;

  /// The lists of files that have been read.
  public interface Files {
    Files NONE = (_, _) -> null;

    @Nullable FileList find(AppId app, Digest list);
  }

  private final OfferWriter offers;
  private final Files files;
  private final Map<String, AppDelta> apps = new HashMap<>();

  public ImageDelta(DeliveryImage base, OfferWriter offers) {
    this(base, offers, Files.NONE);
  }

  public ImageDelta(DeliveryImage base, OfferWriter offers, Files files) {
    this.base = base;
    this.offers = offers;
    this.files = files;
  }

  public void replay(AppState app) {
    var delta = of(app.appId());
    if (delta.app == null || app.revision() > delta.app.revision()) delta.app = app;
  }

  public void replay(BundleState bundle) {
    var delta = of(bundle.appId());
    var known = delta.bundles.get(bundle.version());
    if (known != null && bundle.revision() <= known.state().revision()) return;
    delta.bundles.put(bundle.version(), render(bundle));
  }

  private BundleImage render(BundleState bundle) {
    var capgo = bundle.capgo();
    var list = capgo == null || capgo.files() == null ? null : capgo.files();
    return BundleImage.of(bundle, list == null ? null : files.find(bundle.appId(), list), offers);
  }

  /// A list of files has been read, or given up.
  void renderAgain(AppId app, Digest list) {
    var delta = of(app);
    delta.bundles.replaceAll(
        (_, bundle) -> {
          var capgo = bundle.state().capgo();
          return capgo != null && list.equals(capgo.files()) ? render(bundle.state()) : bundle;
        });
  }

  /// @throws IllegalArgumentException if the rollout's salt or targeting is none; nothing has
  ///     changed then
  public void replay(ChannelState channel) {
    var rollout = channel.rollout();
    if (rollout != null) ChannelImage.Candidate.of(rollout, new Target.Builtin());
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
    var changes = new HashMap<String, @Nullable AppImage>();
    apps.forEach(
        (id, delta) ->
            changes.put(
                id,
                delta.isEmpty()
                    ? null
                    : AppImage.of(id, delta.app, delta.bundles, delta.channels)));
    return new DeliveryImage(base.apps().with(changes), base.rolloutsPaused());
  }

  /// The ids of the apps that may have changed.
  Set<String> touched() {
    return apps.keySet();
  }

  private AppDelta of(AppId id) {
    return apps.computeIfAbsent(id.text(), text -> new AppDelta(base.apps().get(text)));
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
