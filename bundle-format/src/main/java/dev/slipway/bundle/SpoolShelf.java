package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_MISSING;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32;

/**
 * The blobs of each thread one after the other in one file: for a container, into which they are
 * copied in another order, thousands of small files would be made only to be deleted.
 */
final class SpoolShelf implements Shelf, BlobSource, AutoCloseable {

  private final Path folder;
  private final Queue<FileChannel> files = new ConcurrentLinkedQueue<>();
  private final Map<Digest, Section> blobs = new ConcurrentHashMap<>();
  private final Map<Digest, Long> checksums = new ConcurrentHashMap<>();

  private record Section(FileChannel file, long start, long size) {}

  /**
   * @param folder where the files are made; deleting it is the caller's
   */
  SpoolShelf(Path folder) {
    this.folder = folder;
  }

  @Override
  public synchronized Place place() throws IOException {
    FileChannel file =
        FileChannel.open(
            folder.resolve("spool-" + files.size()),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    files.add(file);
    return new Spool(file);
  }

  private final class Spool implements Place {

    private final FileChannel file;
    private long start;
    private long end;
    private final CRC32 crc = new CRC32();

    Spool(FileChannel file) {
      this.file = file;
    }

    @Override
    public OutputStream begin() {
      end = start;
      crc.reset();
      return new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
          crc.update(buffer, offset, length);
          ByteBuffer bytes = ByteBuffer.wrap(buffer, offset, length);
          while (bytes.hasRemaining()) {
            end += file.write(bytes, end);
          }
        }
      };
    }

    @Override
    public void keep(Blob blob) {
      blobs.put(blob.id(), new Section(file, start, end - start));
      checksums.put(blob.id(), crc.getValue());
      start = end;
    }

    @Override
    public void keep(Blob blob, byte[] sealed) throws IOException {
      try (OutputStream out = begin()) {
        out.write(sealed, 0, (int) blob.size());
      }
      keep(blob);
    }

    @Override
    public void drop() throws IOException {
      end = start;
      file.truncate(start);
    }

    @Override
    public void close() {}
  }

  /** The CRC-32 of each blob, which a container needs. */
  Map<Digest, Long> checksums() {
    return checksums;
  }

  @Override
  public InputStream open(Digest id) {
    Section section = blobs.get(id);
    if (section == null) {
      throw new BundleException(BLOB_MISSING).with("blob", id);
    }
    return new BufferedInputStream(
        new FileSection(section.file(), section.start(), section.size()), 1 << 16);
  }

  @Override
  public void close() throws IOException {
    for (FileChannel file : files) {
      file.close();
    }
  }
}
