package dev.slipway.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicInteger;

/** Each blob as a file of its own, under its id in a folder of parts. */
final class PartsShelf implements Shelf {

  private final BundleParts parts;
  private final AtomicInteger places = new AtomicInteger();

  PartsShelf(BundleParts parts) {
    this.parts = parts;
  }

  @Override
  public Place place() {
    return new OnePlace(parts.folder().resolve("sealing-" + places.getAndIncrement()));
  }

  /** A blob that comes as a whole is written under its name: nothing to move. */
  private final class OnePlace implements Place {

    private final Path work;

    OnePlace(Path work) {
      this.work = work;
    }

    @Override
    public OutputStream begin() throws IOException {
      return Files.newOutputStream(work);
    }

    @Override
    public void keep(Blob blob) throws IOException {
      Files.move(work, parts.blob(blob.id()), StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void keep(Blob blob, byte[] sealed) throws IOException {
      try (OutputStream out = Files.newOutputStream(parts.blob(blob.id()))) {
        out.write(sealed, 0, (int) blob.size());
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
