package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.kit.topic.StateView.Change;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The image that devices are answered from right now. The views' threads take turns to swap it by
/// one volatile write; reading it takes no lock, and one reading is consistent in itself.
public final class LiveImage {

  private static final Logger LOG = Logger.getLogger(LiveImage.class);

  /// Asked to read lists of files, and to hand each to [#filesRead].
  public interface FileReader {
    void read(AppId app, Digest list);
  }

  private final OfferWriter offers;
  private final Clock clock;
  private final long maxFileBytes;
  private final Map<FileKey, FileList> files = new HashMap<>();
  private FileReader fileReader = (_, _) -> {};
  private Consumer<Duration> epochLag = _ -> {};
  private final Map<String, Long> epochs = new HashMap<>();
  private volatile long fileBytes;
  private final Set<String> refused = new HashSet<>();
  private volatile DeliveryImage current = DeliveryImage.EMPTY;
  private volatile Instant changedAt;
  private volatile boolean refusing;

  /// Names a list of files. Lists of two apps may be the same; their addresses differ.
  private record FileKey(String app, Digest list) {}

  /// @param maxFileBytes memory for lists of files, roughly; bundles whose list does not fit are
  ///     offered as a zip only
  public LiveImage(OfferWriter offers, Clock clock, long maxFileBytes) {
    this.offers = offers;
    this.maxFileBytes = maxFileBytes;
    this.clock = clock;
    this.changedAt = clock.instant();
  }

  /// Told how long each order to a channel took until it was served.
  public synchronized void tellEpochLag(Consumer<Duration> listener) {
    epochLag = listener;
  }

  /// Before the first change.
  public synchronized void readFilesWith(FileReader reader) {
    fileReader = reader;
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
    var delta = delta();
    for (var change : changes) {
      if (change.value() == null) {
        delta.removeApp(AppId.of(change.key()));
      } else {
        delta.replay(change.value());
      }
    }
    swap(delta);
  }

  public synchronized void bundles(List<Change<BundleState>> changes) {
    var delta = delta();
    for (var change : changes) {
      if (change.value() == null) {
        var key = Key.of(change.key());
        delta.removeBundle(AppId.of(key.app()), Version.of(key.name()));
      } else {
        delta.replay(change.value());
      }
    }
    swap(delta);
  }

  /// Takes the channels' states. One that cannot be served leaves the last good one in its place.
  public synchronized void channels(List<Change<ChannelState>> changes) {
    var delta = delta();
    var ordered = new ArrayList<Instant>();
    for (var change : changes) {
      refused.remove(change.key());
      if (change.value() == null) {
        var key = Key.of(change.key());
        delta.removeChannel(AppId.of(key.app()), ChannelName.of(key.name()));
        epochs.remove(change.key());
        continue;
      }
      try {
        delta.replay(change.value());
        var before = epochs.put(change.key(), change.value().epoch());
        // A renewed statement is no order: how long ago the last one was tells nothing.
        if (before == null || before < change.value().epoch()) {
          ordered.add(change.value().changedAt());
        }
      } catch (IllegalArgumentException e) {
        refused.add(change.key());
        LOG.errorf(
            "A channel's state cannot be served; the last good one stays: channel=%s epoch=%d"
                + " reason=%s",
            change.key(), change.value().epoch(), e.getMessage());
      }
    }
    swap(delta);
    for (var at : ordered) epochLag.accept(Duration.between(at, changedAt));
    refusing = !refused.isEmpty();
  }

  /// Takes all rollouts for paused, or no longer.
  public synchronized void rolloutsPaused(boolean paused) {
    current = current.withRolloutsPaused(paused);
  }

  /// A list of files that was asked for. One that nothing needs any more is dropped.
  ///
  /// @throws IllegalArgumentException if the document is none
  public synchronized void filesRead(AppId app, Digest list, byte[] document) {
    var key = new FileKey(app.text(), list);
    if (files.containsKey(key) || !wants(key)) return;
    var read = read(app, document);
    if (fileBytes + read.bytes() > maxFileBytes) {
      LOG.warnf(
          "There is no room for a list of files, its bundle is offered without it: app=%s list=%s"
              + " bytes=%d",
          app, list, read.bytes());
      return;
    }
    files.put(key, read);
    fileBytes += read.bytes();
    var delta = delta();
    delta.renderAgain(app, list);
    swap(delta);
  }

  private FileList read(AppId app, byte[] document) {
    try {
      return FileList.read(app, document, offers);
    } catch (IOException e) {
      throw new IllegalArgumentException("no list of files: " + e.getMessage(), e);
    }
  }

  /// Memory that lists of files take, roughly.
  public long fileBytes() {
    return fileBytes;
  }

  /// The list, if it was read and something is offered with it.
  public synchronized @Nullable FileList files(AppId app, Digest list) {
    return files.get(new FileKey(app.text(), list));
  }

  private boolean wants(FileKey key) {
    var app = current.apps().get(key.app());
    return app != null && lists(app).anyMatch(key.list()::equals);
  }

  private static Stream<Digest> lists(AppImage app) {
    return app.inUse().stream()
        .map(bundle -> bundle.state().capgo())
        .flatMap(capgo -> capgo == null ? Stream.empty() : Stream.ofNullable(capgo.files()));
  }

  private ImageDelta delta() {
    return new ImageDelta(current, offers, (app, list) -> files.get(new FileKey(app.text(), list)));
  }

  private void swap(ImageDelta delta) {
    current = delta.apply();
    changedAt = clock.instant();
    for (var id : delta.touched()) {
      var app = current.apps().get(id);
      var wanted = app == null ? Set.<Digest>of() : lists(app).collect(Collectors.toSet());
      if (fileBytes > 0) drop(id, wanted);
      for (var list : wanted) {
        if (!files.containsKey(new FileKey(id, list))) fileReader.read(AppId.of(id), list);
      }
    }
  }

  /// Forgets the lists of an app that nothing is offered with.
  private void drop(String app, Set<Digest> wanted) {
    var unwanted =
        files.keySet().stream()
            .filter(key -> key.app().equals(app) && !wanted.contains(key.list()))
            .toList();
    if (unwanted.isEmpty()) return;
    var delta = delta();
    for (var key : unwanted) {
      var known = files.remove(key);
      if (known != null) fileBytes -= known.bytes();
      delta.renderAgain(AppId.of(app), key.list());
    }
    current = delta.apply();
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
