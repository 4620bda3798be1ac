package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.TRUNCATED;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/**
 * Reads parts of a blob without reading the rest: only the chunks that hold them. Every byte that
 * it gives is authentic and in its place; that the blob is complete follows from its length and its
 * last chunk, which is opened first. For one thread.
 */
public final class BlobReader {

  private final SeekableByteChannel sealed;
  private final BlobKey key;
  private final long length;
  private final byte[] chunk = new byte[Blob.FULL_CHUNK];
  private final byte[] opened = new byte[Blob.PLAIN_CHUNK];
  private long current = -1;
  private int available;

  /**
   * @param sealed the ciphertext, from its first byte to its last; stays the caller's to close
   * @throws BundleException if its length is none of a blob's, if it is for another key or context,
   *     or if its last chunk is not authentic
   */
  public BlobReader(SeekableByteChannel sealed, Secret secret, byte[] context) throws IOException {
    this.sealed = sealed;
    long size = sealed.size();
    if (!Blob.isValidLength(size)) {
      throw new BundleException(BLOB_LENGTH_INVALID).with("size", size);
    }
    byte[] header = new byte[Blob.HEADER];
    readFully(0, header, header.length);
    key = BlobInputStream.key(new BlobInputStream.Kept(), header, secret, context);
    length = Blob.plainLength(size);
    load(length / Blob.PLAIN_CHUNK);
  }

  /** How many plain bytes the blob holds. */
  public long length() {
    return length;
  }

  /**
   * Reads plain bytes from a place on.
   *
   * @return how many bytes were read, as {@link java.io.InputStream#read(byte[], int, int)} does;
   *     −1 at the end
   */
  public int read(long position, byte[] buffer, int offset, int wanted) throws IOException {
    if (position < 0) {
      throw new IllegalArgumentException("a position is not negative");
    }
    if (position >= length) {
      return -1;
    }
    load(position / Blob.PLAIN_CHUNK);
    int from = (int) (position % Blob.PLAIN_CHUNK);
    int read = Math.min(wanted, available - from);
    System.arraycopy(opened, from, buffer, offset, read);
    return read;
  }

  private void load(long number) throws IOException {
    if (number == current) {
      return;
    }
    long start = Blob.HEADER + number * Blob.FULL_CHUNK;
    int size = (int) Math.min(Blob.FULL_CHUNK, sealed.size() - start);
    readFully(start, chunk, size);
    current = -1;
    available = BlobInputStream.open(key, number, chunk, 0, size, opened);
    current = number;
  }

  private void readFully(long start, byte[] target, int size) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, 0, size);
    sealed.position(start);
    while (buffer.hasRemaining()) {
      if (sealed.read(buffer) < 0) {
        throw new BundleException(TRUNCATED).with("bytes", start + buffer.position());
      }
    }
  }
}
