package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_MISSING;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_TOO_LARGE;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A sealed bundle as a folder: {@code manifest.jws.json}, {@code blobs/<id>} and, where there is a
 * Capgo rendition, {@code capgo/<id>}.
 *
 * @param folder the folder
 */
public record BundleParts(Path folder) implements BlobSource {

  /** The name of the signed manifest. */
  public static final String MANIFEST = "manifest.jws.json";

  static final String BLOBS = "blobs";
  static final String CAPGO = "capgo";

  /** The bytes of the signed manifest. */
  public byte[] manifest() throws IOException {
    try (InputStream in = Files.newInputStream(folder.resolve(MANIFEST))) {
      byte[] manifest = in.readNBytes(Manifest.MAX_BYTES + 1);
      if (manifest.length > Manifest.MAX_BYTES) {
        throw new BundleException(MANIFEST_TOO_LARGE);
      }
      return manifest;
    }
  }

  /** The file of a blob, whether it is there or not. */
  public Path blob(Digest id) {
    return folder.resolve(BLOBS).resolve(id.text());
  }

  /** The file of the Capgo rendition, whether it is there or not. */
  public Path capgo(Digest id) {
    return folder.resolve(CAPGO).resolve(id.text());
  }

  @Override
  public InputStream open(Digest id) throws IOException {
    try {
      return Files.newInputStream(blob(id));
    } catch (NoSuchFileException e) {
      return openCapgo(id);
    }
  }

  private InputStream openCapgo(Digest id) throws IOException {
    try {
      return Files.newInputStream(capgo(id));
    } catch (NoSuchFileException e) {
      throw new BundleException(BLOB_MISSING, e).with("blob", id);
    }
  }
}
