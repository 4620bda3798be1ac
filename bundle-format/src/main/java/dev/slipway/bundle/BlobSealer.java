package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * Seals blobs one after the other, in constant memory, with buffers, ciphers and digests that it
 * keeps: for a small blob these are dear to make anew. For one thread.
 */
final class BlobSealer {

  /** So many chunks are sealed, hashed and written at once: they fit the processor's cache. */
  private static final int BATCH = 16;

  private static final int PLAIN_BATCH = BATCH * Blob.PLAIN_CHUNK;
  private static final int SEALED_BATCH = Blob.HEADER + BATCH * Blob.FULL_CHUNK;

  private final byte[] sealed = new byte[SEALED_BATCH];
  private byte[] plain = new byte[0];
  private final MessageDigest digest = Digest.newSha256();
  private final Hkdf hkdf = new Hkdf();
  private @Nullable Cipher cipher;
  private @Nullable Secret last;

  /** What one blob is sealed with. */
  record Sealing(Secret key, byte[] salt, byte[] context) {}

  private BlobKey key(Sealing sealing) {
    try {
      Cipher kept = cipher;
      // The JDK's cipher refuses the key and nonce that it had last. That is right, but the same
      // bytes may well be sealed again: once as a file, and once as what a file is compressed to.
      if (kept == null || last == null || sealing.key().equals(last)) {
        kept = BlobKey.newCipher();
        cipher = kept;
      }
      last = sealing.key();
      return new BlobKey(hkdf, kept, sealing.key(), sealing.salt(), sealing.context());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  /** Whether the blob of so many bytes can be sealed without a stream to write it to. */
  boolean fits(int length) {
    return length < PLAIN_BATCH;
  }

  /** Seals the first bytes of an array that {@link #fits}; the blob is the first of the next. */
  Blob seal(byte[] content, int length, Sealing sealing) {
    Run run = new Run(sealing);
    int size = run.seal(content, 0, length, true, sealed);
    digest.reset();
    digest.update(sealed, 0, size);
    return new Blob(Digest.of(digest.digest()), size);
  }

  /** What was sealed last without a stream: so many bytes as the blob has. */
  byte[] sealed() {
    return sealed;
  }

  /** Seals the first bytes of an array of any length. */
  Blob seal(byte[] content, int length, OutputStream target, Sealing sealing) throws IOException {
    Run run = new Run(sealing);
    digest.reset();
    int from = 0;
    boolean last;
    do {
      int count = Math.min(PLAIN_BATCH, length - from);
      last = count < PLAIN_BATCH;
      int filled = run.seal(content, from, count, last, sealed);
      digest.update(sealed, 0, filled);
      target.write(sealed, 0, filled);
      from += count;
    } while (!last);
    return new Blob(Digest.of(digest.digest()), run.size);
  }

  /** Seals all bytes of a stream and says which blob they have become. */
  Blob seal(InputStream content, OutputStream target, Sealing sealing) throws IOException {
    Run run = new Run(sealing);
    digest.reset();
    boolean last;
    do {
      int count = read(content);
      last = count < PLAIN_BATCH;
      int filled = run.seal(plain, 0, count, last, sealed);
      digest.update(sealed, 0, filled);
      target.write(sealed, 0, filled);
    } while (!last);
    return new Blob(Digest.of(digest.digest()), run.size);
  }

  /**
   * The same for a long stream: while this thread reads, encrypts and writes, a second one takes
   * the digest, which is as much work as all the rest.
   */
  Blob sealLarge(InputStream content, OutputStream target, Sealing sealing) throws IOException {
    Run run = new Run(sealing);
    digest.reset();
    try (Beside beside = new Beside(SEALED_BATCH, new Hashing(digest))) {
      boolean last;
      do {
        int count = read(content);
        last = count < PLAIN_BATCH;
        byte[] piece = beside.buffer();
        int filled = run.seal(plain, 0, count, last, piece);
        beside.pass(filled);
        target.write(piece, 0, filled);
      } while (!last);
      beside.finish();
    }
    return new Blob(Digest.of(digest.digest()), run.size);
  }

  private int read(InputStream content) throws IOException {
    if (plain.length == 0) {
      plain = new byte[PLAIN_BATCH];
    }
    return content.readNBytes(plain, 0, PLAIN_BATCH);
  }

  /** One blob, from its header to its last chunk. */
  private final class Run {

    private final Sealing sealing;
    private final BlobKey key;
    private long number;
    private long size;

    Run(Sealing sealing) {
      this.sealing = sealing;
      key = key(sealing);
    }

    /**
     * Seals the next bytes: full chunks, and in the last piece whatever is left, possibly nothing.
     *
     * @return how many bytes they became, with the header in the first piece
     */
    int seal(byte[] content, int offset, int length, boolean last, byte[] to) {
      try {
        int filled = 0;
        if (size == 0) {
          byte[] salt = sealing.salt();
          System.arraycopy(salt, 0, to, 0, salt.length);
          System.arraycopy(key.commitment(), 0, to, salt.length, BlobKey.COMMITMENT);
          filled = Blob.HEADER;
        }
        int from = offset;
        int end = offset + length;
        for (; from + Blob.PLAIN_CHUNK <= end; from += Blob.PLAIN_CHUNK) {
          filled += key.seal(number++, content, from, Blob.PLAIN_CHUNK, to, filled);
        }
        if (last) {
          filled += key.seal(number++, content, from, end - from, to, filled);
        }
        size += filled;
        return filled;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java platform has AES-GCM", e);
      }
    }
  }
}
