package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.GeneralSecurityException;

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
    try {
      BlobKey key = new BlobKey(secret, salt, context);
      DigestOutputStream out = new DigestOutputStream(sealed, Digest.newSha256());
      out.write(salt);
      out.write(key.commitment());
      byte[] chunk = new byte[Blob.PLAIN_CHUNK];
      byte[] ciphertext = new byte[Blob.FULL_CHUNK];
      long size = Blob.HEADER;
      int length;
      long number = 0;
      do {
        length = plain.readNBytes(chunk, 0, chunk.length);
        int written = key.seal(number++, chunk, length, ciphertext);
        out.write(ciphertext, 0, written);
        size += written;
      } while (length == chunk.length);
      return new Blob(Digest.of(out.getMessageDigest().digest()), size);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
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
