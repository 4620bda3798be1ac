package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.kit.topic.StateView.Change;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/// The image that devices are answered from right now. The views' threads take turns to swap it by
/// one volatile write; reading it takes no lock, and one reading is consistent in itself.
public final class LiveImage {

  private static final Logger LOG = Logger.getLogger(LiveImage.class);

  private final OfferWriter offers;
  private final Clock clock;
  private final Set<String> refused = new HashSet<>();
  private volatile DeliveryImage current = DeliveryImage.EMPTY;
  private volatile Instant changedAt;
  private volatile boolean refusing;

  public LiveImage(OfferWriter offers, Clock clock) {
    this.offers = offers;
    this.clock = clock;
    this.changedAt = clock.instant();
  }

  public DeliveryImage current() {
    return current;
  }

  public Instant changedAt() {
    return changedAt;
  }

  /// Whether the newest state of some channel cannot be served, so that an older one is.
  public boolean isRefusing() {
    return refusing;
  }

  public synchronized void apps(List<Change<AppState>> changes) {
    var delta = new ImageDelta(current, offers);
    for (var change : changes) {
      if (change.value() == null) {
        delta.removeApp(AppId.of(change.key()));
      } else {
        delta.replay(change.value());
      }
    }
    swap(delta.apply());
  }

  public synchronized void bundles(List<Change<BundleState>> changes) {
    var delta = new ImageDelta(current, offers);
    for (var change : changes) {
      if (change.value() == null) {
        var key = Key.of(change.key());
        delta.removeBundle(AppId.of(key.app()), Version.of(key.name()));
      } else {
        delta.replay(change.value());
      }
    }
    swap(delta.apply());
  }

  /// Takes the channels' states. One that cannot be served leaves the last good one in its place.
  public synchronized void channels(List<Change<ChannelState>> changes) {
    var delta = new ImageDelta(current, offers);
    for (var change : changes) {
      refused.remove(change.key());
      if (change.value() == null) {
        var key = Key.of(change.key());
        delta.removeChannel(AppId.of(key.app()), ChannelName.of(key.name()));
        continue;
      }
      try {
        delta.replay(change.value());
      } catch (IllegalArgumentException e) {
        refused.add(change.key());
        LOG.errorf(
            "A channel's state cannot be served; the last good one stays: channel=%s epoch=%d reason=%s",
            change.key(), change.value().epoch(), e.getMessage());
      }
    }
    swap(delta.apply());
    refusing = !refused.isEmpty();
  }

  /// Takes all rollouts for paused, or no longer.
  public synchronized void rolloutsPaused(boolean paused) {
    current = current.withRolloutsPaused(paused);
  }

  private void swap(DeliveryImage next) {
    current = next;
    changedAt = clock.instant();
  }

  /// A key of `bundles` or `channel-states`.
  private record Key(String app, String name) {
    static Key of(String text) {
      int slash = text.indexOf('/');
      if (slash < 0) throw new IllegalArgumentException("a key without a slash");
      return new Key(text.substring(0, slash), text.substring(slash + 1));
    }
  }
}
