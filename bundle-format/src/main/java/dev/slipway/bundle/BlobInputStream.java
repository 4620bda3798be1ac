package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.COMMITMENT;
import static dev.slipway.bundle.BundleException.Reason.TAG;
import static dev.slipway.bundle.BundleException.Reason.TRUNCATED;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * The plain bytes of a blob, as a stream: each byte that it gives is authentic, and its end comes
 * only after the last chunk. What was read before the end is a beginning, not a file.
 *
 * <p>The commitment is compared before any chunk is looked at. Nothing is read beyond the blob that
 * is not needed to see its end. Closing it leaves the ciphertext's stream open.
 */
final class BlobInputStream extends InputStream {

  /** So many chunks are read at once. */
  private static final int BATCH = 16;

  private final InputStream sealed;
  private final BlobKey key;

  /** Ciphertext that was read and not opened yet: full chunks, but for the last one. */
  private final byte[] batch;

  private final int batchSize;
  private int batchPosition;
  private int batchLength;
  private final byte[] opened;
  private long number;
  private int position;
  private int available;
  private boolean last;

  /** Of a blob of any length. */
  BlobInputStream(InputStream sealed, Secret secret, byte[] context) throws IOException {
    this(new Kept(), sealed, Blob.MAX_SIZE, secret, context);
  }

  /**
   * What is dear to make anew for each of thousands of blobs: buffers, a cipher, an HMAC. For one
   * stream at a time, and for one thread.
   */
  static final class Kept {

    private final Hkdf hkdf = new Hkdf();
    private final byte[] opened = new byte[Blob.PLAIN_CHUNK];
    private byte[] batch = new byte[0];
    private @Nullable Cipher cipher;

    private Cipher cipher() throws GeneralSecurityException {
      Cipher known = cipher;
      if (known == null) {
        known = BlobKey.newCipher();
        cipher = known;
      }
      return known;
    }

    private byte[] batch(int size) {
      if (batch.length < size) {
        batch = new byte[size];
      }
      return batch;
    }
  }

  /**
   * @param size how long the blob should be, so that less memory is taken for a short one
   * @throws BundleException if the blob has no header, or if it is for another key or context
   */
  BlobInputStream(Kept kept, InputStream sealed, long size, Secret secret, byte[] context)
      throws IOException {
    this.sealed = sealed;
    long chunks = Math.max(1, Math.min(BATCH, (size - Blob.HEADER) / Blob.FULL_CHUNK + 1));
    batchSize = (int) chunks * Blob.FULL_CHUNK;
    batch = kept.batch(batchSize);
    opened = kept.opened;
    byte[] header = sealed.readNBytes(Blob.HEADER);
    this.key = key(kept, header, secret, context);
  }

  /** The key of the blob that begins with this header. */
  static BlobKey key(Kept kept, byte[] header, Secret secret, byte[] context) {
    if (header.length < Blob.HEADER) {
      throw new BundleException(TRUNCATED).with("bytes", header.length);
    }
    try {
      byte[] salt = Arrays.copyOf(header, KeySchedule.SALT);
      BlobKey key = new BlobKey(kept.hkdf, kept.cipher(), secret, salt, context);
      byte[] claimed = Arrays.copyOfRange(header, KeySchedule.SALT, Blob.HEADER);
      if (!MessageDigest.isEqual(key.commitment(), claimed)) {
        throw new BundleException(COMMITMENT);
      }
      return key;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }

  @Override
  public int read() throws IOException {
    return fill() ? opened[position++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int read = Math.min(length, available - position);
    System.arraycopy(opened, position, buffer, offset, read);
    position += read;
    return read;
  }

  /** Whether there is a byte to give; opens the next chunk if there is need. */
  private boolean fill() throws IOException {
    while (position == available) {
      if (last) {
        return false;
      }
      if (batchPosition == batchLength) {
        batchPosition = 0;
        batchLength = sealed.readNBytes(batch, 0, batchSize);
      }
      int length = Math.min(Blob.FULL_CHUNK, batchLength - batchPosition);
      if (length < Blob.TAG) {
        throw new BundleException(TRUNCATED).with("chunk", number);
      }
      position = 0;
      available = 0;
      available = open(key, number, batch, batchPosition, length, opened);
      batchPosition += length;
      number++;
      last = length < Blob.FULL_CHUNK;
    }
    return true;
  }

  static int open(BlobKey key, long number, byte[] sealed, int from, int length, byte[] opened) {
    try {
      return key.open(number, sealed, from, length, opened);
    } catch (AEADBadTagException e) {
      throw new BundleException(TAG, e).with("chunk", number);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }
}
