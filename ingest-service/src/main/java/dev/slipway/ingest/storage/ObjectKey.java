package dev.slipway.ingest.storage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;

/// The name of an object. It is made of checked ids only, so no input can point it elsewhere.
public record ObjectKey(String text) {

  /// A blob, or a Capgo zip, of this app.
  public static ObjectKey blob(AppId app, Digest id) {
    return new ObjectKey("apps/" + app + "/blobs/" + id);
  }

  /// The signed manifest with this digest.
  public static ObjectKey manifest(AppId app, Digest digest) {
    return new ObjectKey("apps/" + app + "/bundles/" + digest);
  }

  @Override
  public String toString() {
    return text;
  }
}
