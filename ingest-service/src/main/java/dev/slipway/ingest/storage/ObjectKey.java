package dev.slipway.ingest.storage;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.Version;

/// The name of an object. It is made of checked ids only, so no input can point it elsewhere.
public record ObjectKey(String text) {

  /// Before the names of everything that is found by its digest.
  public static final String APPS = "apps/";

  private static final String BLOBS = "/blobs/";
  private static final String BUNDLES = "/bundles/";

  /// A blob of this app, of whatever kind.
  public static ObjectKey blob(AppId app, Digest id) {
    return new ObjectKey(blobs(app) + id);
  }

  /// Before the names of all blobs of this app.
  public static String blobs(AppId app) {
    return APPS + app + BLOBS;
  }

  /// What published a version: the signed manifest, or its like in another format, with this
  /// digest.
  public static ObjectKey manifest(AppId app, Digest digest) {
    return new ObjectKey(manifests(app) + digest);
  }

  /// Before the names of all manifests of this app.
  public static String manifests(AppId app) {
    return APPS + app + BUNDLES;
  }

  /// A file in the folder of a version, whose address never changes. A version of dots alone would
  /// be a step upwards in stores that keep objects as files.
  public static ObjectKey release(AppId app, Version version, String file) {
    String name = version.text().matches("\\.+") ? version.text() + "_" : version.text();
    return new ObjectKey("releases/" + app + "/" + name + "/" + file);
  }

  @Override
  public String toString() {
    return text;
  }
}
