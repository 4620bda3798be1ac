package dev.slipway.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Writes through to a stream that stays the caller's to close, and takes a digest of all. */
final class Digesting extends OutputStream {

  private static final int STEP = 1 << 12;

  private final OutputStream target;
  private final MessageDigest digest;

  Digesting(OutputStream target, MessageDigest digest) {
    this.target = target;
    this.digest = digest;
  }

  @Override
  public void write(int b) throws IOException {
    digest.update((byte) b);
    target.write(b);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    // In steps, for the reason that BlobKey.STEP gives.
    for (int done = 0; done < length; done += STEP) {
      digest.update(buffer, offset + done, Math.min(STEP, length - done));
    }
    target.write(buffer, offset, length);
  }
}
