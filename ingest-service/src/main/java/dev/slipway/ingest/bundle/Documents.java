package dev.slipway.ingest.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState.Format;
import dev.slipway.ingest.storage.ObjectKey;
import dev.slipway.ingest.storage.ObjectStore;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// What published the versions. Each document is kept twice, under its digest and in the folder of
/// its release, and each copy heals the other; where both are lost, the publisher's own heals them.
@ApplicationScoped
public class Documents {

  private static final Logger LOG = Logger.getLogger(Documents.class);

  /// None is longer.
  private static final int MAX_BYTES = 5 << 20;

  private final ObjectStore store;

  public Documents(ObjectStore store) {
    this.store = store;
  }

  /// A version's document.
  public record Document(AppId app, Version version, Digest digest, Format format) {

    private boolean isManifest() {
      return format == Format.SLIPWAY_BUNDLE_1;
    }

    String mediaType() {
      return isManifest() ? "application/jose+json" : "application/json";
    }

    /// Its place in the folder whose addresses never change.
    ObjectKey inFolder() {
      return ObjectKey.release(app, version, isManifest() ? Releases.MANIFEST : Releases.BUNDLE);
    }

    private List<ObjectKey> copies() {
      return List.of(ObjectKey.manifest(app, digest), inFolder());
    }
  }

  /// Reads both copies, and writes the one anew that is missing or holds other bytes.
  ///
  /// @return whether the document is whole now
  public boolean mend(Document document) {
    byte @Nullable [] whole = null;
    var spoilt = new ArrayList<ObjectKey>();
    for (ObjectKey copy : document.copies()) {
      byte[] read = read(copy, document.digest());
      if (read == null) spoilt.add(copy);
      else whole = read;
    }
    if (whole == null) return false;
    for (ObjectKey copy : spoilt) write(copy, whole, document);
    return true;
  }

  /// Writes the copies anew that are missing or hold other bytes.
  ///
  /// @param whole bytes with the document's digest
  void restore(Document document, byte[] whole) {
    for (ObjectKey copy : document.copies()) {
      if (read(copy, document.digest()) == null) write(copy, whole, document);
    }
  }

  private void write(ObjectKey copy, byte[] whole, Document document) {
    store.remove(copy);
    store.put(copy, whole, document.mediaType());
    LOG.warnf(
        "A copy of what published a version was missing or damaged, and is whole again: app=%s"
            + " version=%s key=%s",
        document.app(), document.version(), copy);
  }

  /// The bytes, if they are those of the digest. What was read wrongly once may have been damaged
  /// on its way.
  private byte @Nullable [] read(ObjectKey copy, Digest digest) {
    for (int attempt = 0; attempt < 2; attempt++) {
      var bytes = new ByteArrayOutputStream();
      var found =
          store.read(
              copy,
              (buffer, offset, length) -> {
                if (bytes.size() + length <= MAX_BYTES) bytes.write(buffer, offset, length);
              });
      if (found.isEmpty()) return null;
      if (found.get().digest().equals(digest)) return bytes.toByteArray();
    }
    return null;
  }
}
