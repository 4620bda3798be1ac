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

/**
 * The plain bytes of a blob, as a stream: each byte that it gives is authentic, and its end comes
 * only after the last chunk. What was read before the end is a beginning, not a file.
 *
 * <p>The commitment is compared before any chunk is looked at. Nothing is read beyond the blob that
 * is not needed to see its end. Closing it leaves the ciphertext's stream open.
 */
final class BlobInputStream extends InputStream {

  private final InputStream sealed;
  private final BlobKey key;
  private final byte[] chunk = new byte[Blob.FULL_CHUNK];
  private final byte[] opened = new byte[Blob.PLAIN_CHUNK];
  private long number;
  private int position;
  private int available;
  private boolean last;

  /**
   * @throws BundleException if the blob has no header, or if it is for another key or context
   */
  BlobInputStream(InputStream sealed, Secret secret, byte[] context) throws IOException {
    this.sealed = sealed;
    byte[] header = sealed.readNBytes(Blob.HEADER);
    this.key = key(header, secret, context);
  }

  /** The key of the blob that begins with this header. */
  static BlobKey key(byte[] header, Secret secret, byte[] context) {
    if (header.length < Blob.HEADER) {
      throw new BundleException(TRUNCATED).with("bytes", header.length);
    }
    try {
      BlobKey key = new BlobKey(secret, Arrays.copyOf(header, KeySchedule.SALT), context);
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
      int length = sealed.readNBytes(chunk, 0, chunk.length);
      if (length < Blob.TAG) {
        throw new BundleException(TRUNCATED).with("chunk", number);
      }
      position = 0;
      available = 0;
      available = open(key, number, chunk, length, opened);
      number++;
      last = length < chunk.length;
    }
    return true;
  }

  static int open(BlobKey key, long number, byte[] chunk, int length, byte[] opened) {
    try {
      return key.open(number, chunk, length, opened);
    } catch (AEADBadTagException e) {
      throw new BundleException(TAG, e).with("chunk", number);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has AES-GCM", e);
    }
  }
}
