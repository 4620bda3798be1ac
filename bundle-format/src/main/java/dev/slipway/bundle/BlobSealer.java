package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/**
 * Seals blobs one after the other, in constant memory and with buffers that it keeps: small ones
 * are dear to make anew. For one thread.
 */
final class BlobSealer {

  /** So many chunks are read, sealed and written at once: they fit the processor's cache. */
  private static final int BATCH = 8;

  private final byte[] plain = new byte[BATCH * Blob.PLAIN_CHUNK];
  private final byte[] sealed = new byte[Blob.HEADER + BATCH * Blob.FULL_CHUNK];
  private final MessageDigest digest = Digest.newSha256();

  /** Seals all bytes of a stream and says which blob they have become. */
  Blob seal(InputStream content, OutputStream target, Secret secret, byte[] salt, byte[] context)
      throws IOException {
    digest.reset();
    long size = write(content, new Digesting(target, digest), secret, salt, context);
    return new Blob(Digest.of(digest.digest()), size);
  }

  /** The same for a long stream: its digest is taken, and it is written, on another thread. */
  Blob sealLarge(
      InputStream content, OutputStream target, Secret secret, byte[] salt, byte[] context)
      throws IOException {
    digest.reset();
    long size;
    try (Beside beside = new Beside(new Digesting(target, digest))) {
      size = write(content, beside, secret, salt, context);
      beside.finish();
    }
    return new Blob(Digest.of(digest.digest()), size);
  }

  private long write(
      InputStream content, OutputStream target, Secret secret, byte[] salt, byte[] context)
      throws IOException {
    try {
      BlobKey key = new BlobKey(secret, salt, context);
      System.arraycopy(salt, 0, sealed, 0, salt.length);
      System.arraycopy(key.commitment(), 0, sealed, salt.length, BlobKey.COMMITMENT);
      int filled = Blob.HEADER;
      long size = 0;
      long number = 0;
      boolean last;
      do {
        int length = content.readNBytes(plain, 0, plain.length);
        int from = 0;
        for (; from + Blob.PLAIN_CHUNK <= length; from += Blob.PLAIN_CHUNK) {
          filled += key.seal(number++, plain, from, Blob.PLAIN_CHUNK, sealed, filled);
        }
        last = length < plain.length;
        if (last) {
          filled += key.seal(number++, plain, from, length - from, sealed, filled);
        }
        target.write(sealed, 0, filled);
        size += filled;
        filled = 0;
      } while (!last);
      return size;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }
}
