package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;

/**
 * Where the sealed objects of a bundle can be read: a folder of parts, a container, a cache.
 * Several threads may read at once.
 */
@FunctionalInterface
public interface BlobSource {

  /**
   * The bytes of an object, from its beginning; the caller closes the stream, and believes nothing
   * of it before it has checked the digest.
   *
   * @throws BundleException with {@code BLOB_MISSING} if there is no such object here
   */
  InputStream open(Digest id) throws IOException;
}
