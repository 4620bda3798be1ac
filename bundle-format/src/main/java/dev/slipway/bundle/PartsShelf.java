package dev.slipway.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Each blob as a file of its own, under its id in a folder of parts. */
final class PartsShelf implements Shelf {

  private static final int SMALL = 1 << 20;

  private final BundleParts parts;
  private final AtomicInteger places = new AtomicInteger();

  PartsShelf(BundleParts parts) {
    this.parts = parts;
  }

  @Override
  public Place place() {
    return new OnePlace(parts.folder().resolve("sealing-" + places.getAndIncrement()));
  }

  /**
   * Small blobs are held in memory until their name is known: a file less to make and to move for
   * each.
   */
  private final class OnePlace implements Place {

    private final Path work;
    private byte[] small = new byte[0];
    private int length;
    private boolean onDisk;

    OnePlace(Path work) {
      this.work = work;
    }

    @Override
    public OutputStream begin() {
      length = 0;
      onDisk = false;
      return new OutputStream() {

        private @Nullable OutputStream file;

        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] buffer, int offset, int count) throws IOException {
          if (file == null && length + count > SMALL) {
            onDisk = true;
            file = Files.newOutputStream(work);
            file.write(small, 0, length);
          }
          if (file != null) {
            file.write(buffer, offset, count);
          } else {
            if (small.length < length + count) {
              small = Arrays.copyOf(small, Math.min(SMALL, 2 * (length + count)));
            }
            System.arraycopy(buffer, offset, small, length, count);
            length += count;
          }
        }

        @Override
        public void close() throws IOException {
          if (file != null) {
            file.close();
          }
        }
      };
    }

    @Override
    public void keep(Blob blob) throws IOException {
      Path file = parts.blob(blob.id());
      if (onDisk) {
        Files.move(work, file, StandardCopyOption.REPLACE_EXISTING);
      } else {
        try (OutputStream out = Files.newOutputStream(file)) {
          out.write(small, 0, length);
        }
      }
    }

    @Override
    public void drop() throws IOException {
      Files.deleteIfExists(work);
    }

    @Override
    public void close() throws IOException {
      drop();
    }
  }
}
