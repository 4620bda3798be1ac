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
    Path work = parts.folder().resolve("sealing-" + places.getAndIncrement());
    return new Place() {
      @Override
      public OutputStream begin() throws IOException {
        return Files.newOutputStream(work);
      }

      @Override
      public void keep(Blob blob) throws IOException {
        Files.move(work, parts.blob(blob.id()), StandardCopyOption.REPLACE_EXISTING);
      }

      @Override
      public void drop() throws IOException {
        Files.deleteIfExists(work);
      }

      @Override
      public void close() throws IOException {
        drop();
      }
    };
  }
}
