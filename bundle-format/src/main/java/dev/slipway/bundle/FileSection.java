package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A part of a file, read by position, so that several can be read at once. */
final class FileSection extends InputStream {

  private final FileChannel file;
  private long position;
  private long remaining;

  FileSection(FileChannel file, long start, long size) {
    this.file = file;
    position = start;
    remaining = size;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int wanted = (int) Math.min(length, remaining);
    int read = wanted == 0 ? -1 : file.read(ByteBuffer.wrap(buffer, offset, wanted), position);
    if (read > 0) {
      position += read;
      remaining -= read;
    }
    return read;
  }
}
