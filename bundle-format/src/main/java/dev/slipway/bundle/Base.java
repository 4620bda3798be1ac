package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.APP_MISMATCH;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An earlier bundle of the app, opened by its publisher: a file that has not changed since then
 * keeps its blob, whatever compressor or data key made it. Made by {@link #of}; the source of its
 * blobs must stay open for as long as it is used.
 */
public final class Base {

  private final Map<Digest, Index.File> files = new HashMap<>();
  private final Map<Digest, Blob> blobs = new HashMap<>();
  private final BlobSource source;

  private Base(BlobSource source) {
    this.source = source;
  }

  /**
   * Opens the index of an earlier bundle.
   *
   * @param app the app that is about to be sealed
   * @throws BundleException if the key does not open it, or if it is another app's
   */
  public static Base of(VerifiedManifest earlier, OpeningKey key, BlobSource source, AppId app)
      throws IOException {
    Manifest manifest = earlier.manifest();
    if (!manifest.appId().equals(app)) {
      throw new BundleException(APP_MISMATCH).with("app_id", manifest.appId());
    }
    Base base = new Base(source);
    for (Index.File file : new Opener(earlier, key, source).index().files()) {
      base.files.putIfAbsent(file.digest(), file);
    }
    manifest.blobs().forEach(blob -> base.blobs.put(blob.id(), blob));
    return base;
  }

  /** What the earlier bundle says about a file with this content. */
  Optional<Index.File> file(Digest plain) {
    return Optional.ofNullable(files.get(plain));
  }

  Blob blob(Digest id) {
    Blob blob = blobs.get(id);
    if (blob == null) {
      throw new IllegalStateException("the index was held against the manifest");
    }
    return blob;
  }

  BlobSource source() {
    return source;
  }
}
