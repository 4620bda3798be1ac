package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Seals and opens blobs as streams, in constant memory. The last chunk is shorter than all others,
 * possibly empty: the end is part of what is authenticated.
 */
final class BlobCodec {

  private BlobCodec() {}

  /** Seals all bytes of a stream and says which blob they have become. */
  static Blob seal(
      InputStream plain, OutputStream sealed, Secret secret, byte[] salt, byte[] context)
      throws IOException {
    return new BlobSealer().seal(plain, sealed, new BlobSealer.Sealing(secret, salt, context));
  }

  /**
   * Opens a blob and returns how many plain bytes it held. Each chunk is handed on as soon as it is
   * authentic; what was written is a whole file only once this returns.
   *
   * @throws BundleException if the key, the context or any bit of the blob is wrong
   */
  static long open(InputStream sealed, OutputStream plain, Secret secret, byte[] context)
      throws IOException {
    return new BlobInputStream(sealed, secret, context).transferTo(plain);
  }
}
