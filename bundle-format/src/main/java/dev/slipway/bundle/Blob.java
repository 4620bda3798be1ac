package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_LENGTH_INVALID;
import static dev.slipway.bundle.BundleException.Reason.BLOB_TRUNCATED;

/**
 * A sealed piece of a bundle: its id, which is the SHA-256 of its ciphertext, and its length.
 *
 * <p>A blob is {@code salt[24] ‖ commitment[32] ‖ chunks}. A full chunk is {@value #FULL_CHUNK}
 * bytes of ciphertext; the last one is always shorter, so that a cut at the border of a chunk shows
 * in the length alone, without any key.
 *
 * @param id the SHA-256 of the ciphertext
 * @param size the length of the ciphertext in bytes
 */
public record Blob(Digest id, long size) {

  /** The bytes before the first chunk: salt and commitment. */
  public static final int HEADER = 56;

  /** The plain bytes in a full chunk. */
  public static final int PLAIN_CHUNK = 16_384;

  /** The bytes that authenticate a chunk. */
  public static final int TAG = 16;

  /** The ciphertext bytes of a full chunk. */
  public static final int FULL_CHUNK = PLAIN_CHUNK + TAG;

  /** The longest blob, in bytes: 4 GiB − 1. */
  public static final long MAX_SIZE = (1L << 32) - 1;

  /** Refuses a length that no blob can have. */
  public Blob {
    if (!isValidLength(size)) {
      boolean cutAtChunk = size > HEADER && size <= MAX_SIZE && (size - HEADER) % FULL_CHUNK == 0;
      throw new BundleException(cutAtChunk ? BLOB_TRUNCATED : BLOB_LENGTH_INVALID)
          .with("size", size);
    }
  }

  /** Whether a blob can have this length. */
  public static boolean isValidLength(long size) {
    return size >= HEADER + TAG && size <= MAX_SIZE && (size - HEADER) % FULL_CHUNK >= TAG;
  }

  /** The length of the blob that holds so many plain bytes. */
  public static long sealedLength(long plain) {
    if (plain < 0) {
      throw new IllegalArgumentException("a length is not negative");
    }
    return HEADER + plain / PLAIN_CHUNK * FULL_CHUNK + plain % PLAIN_CHUNK + TAG;
  }

  /** How many plain bytes a blob of this valid length holds. */
  public static long plainLength(long size) {
    if (!isValidLength(size)) {
      throw new IllegalArgumentException("no blob has " + size + " bytes");
    }
    long chunks = size - HEADER;
    return chunks / FULL_CHUNK * PLAIN_CHUNK + chunks % FULL_CHUNK - TAG;
  }
}
