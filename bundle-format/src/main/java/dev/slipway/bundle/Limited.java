package dev.slipway.bundle;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The first bytes of a stream; the rest stays unread, and the stream stays open. */
class Limited extends FilterInputStream {

  private long remaining;

  Limited(InputStream in, long limit) {
    super(in);
    remaining = limit;
  }

  @Override
  public int read() throws IOException {
    int read = remaining > 0 ? in.read() : -1;
    if (read >= 0) {
      remaining--;
    }
    return read;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int wanted = (int) Math.min(length, remaining);
    int read = wanted == 0 ? -1 : in.read(buffer, offset, wanted);
    if (read > 0) {
      remaining -= read;
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = in.skip(Math.min(count, remaining));
    remaining -= skipped;
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  @Override
  public void close() throws IOException {}
}
