package dev.slipway.delivery.image;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// Reads lists of files from the object store for the image, on a thread of its own: each once, and
/// again after a while where the store fails. Its content is held against its name.
public final class FileLoader implements AutoCloseable {

  /// The object store.
  public interface Store {
    /// @throws IOException if there is no such object, it is larger, or the store fails
    byte[] read(String key, int maxBytes) throws IOException;
  }

  private static final Logger LOG = Logger.getLogger(FileLoader.class);
  private static final int MAX_BYTES = 8 << 20;
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final Store store;
  private final LiveImage image;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("file-lists").factory());

  public FileLoader(Store store, LiveImage image) {
    this.store = store;
    this.image = image;
  }

  /// Asks for a list. Returns at once.
  public void read(AppId app, Digest list) {
    if (!asked.add(key(app, list))) return;
    submit(app, list, Duration.ZERO);
  }

  private void submit(AppId app, Digest list, Duration after) {
    try {
      thread.schedule(() -> load(app, list), after.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debugf("The service ends: reason=%s", e.getMessage());
    }
  }

  private void load(AppId app, Digest list) {
    try {
      byte[] document = store.read(key(app, list), MAX_BYTES);
      if (!Digest.sha256(document).equals(list)) {
        throw new IOException("its content is not what its name says");
      }
      image.filesRead(app, list, document);
      asked.remove(key(app, list));
    } catch (IOException e) {
      LOG.warnf(
          "A list of files cannot be read, and is tried again: app=%s list=%s reason=%s",
          app, list, e.getMessage());
      submit(app, list, RETRY);
    } catch (RuntimeException e) {
      LOG.errorf(e, "A list of files cannot be used: app=%s list=%s", app, list);
    }
  }

  private static String key(AppId app, Digest list) {
    return "apps/" + app + "/blobs/" + list;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
