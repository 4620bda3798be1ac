package dev.slipway.bundle;

import java.io.OutputStream;
import java.security.MessageDigest;

/**
 * Takes a digest of what another thread has made. Such bytes lie in the cache of another processor,
 * or in none: SHA-256 over them takes half as long again as over bytes nearby, as it asks for one
 * line after the other. Copying asks for many at once, so that to copy a piece and then hash it is
 * faster. For one thread.
 */
final class Hashing extends OutputStream {

  /** A piece stays in the processor's nearest cache. */
  private static final int PIECE = 1 << 14;

  private final MessageDigest digest;
  private final byte[] near = new byte[PIECE];

  Hashing(MessageDigest digest) {
    this.digest = digest;
  }

  @Override
  public void write(int b) {
    digest.update((byte) b);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) {
    for (int done = 0; done < length; done += PIECE) {
      int count = Math.min(PIECE, length - done);
      System.arraycopy(buffer, offset + done, near, 0, count);
      digest.update(near, 0, count);
    }
  }
}
