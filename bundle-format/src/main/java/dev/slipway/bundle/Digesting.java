package dev.slipway.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Writes through to a stream that stays the caller's to close, and takes a digest of all. */
final class Digesting extends OutputStream {

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
    digest.update(buffer, offset, length);
    target.write(buffer, offset, length);
  }
}
