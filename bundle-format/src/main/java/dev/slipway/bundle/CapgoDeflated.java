package dev.slipway.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * The files of a zip as they will stand in it, each compressed once, on several threads: in files
 * of their own, which are gone once it is closed. What the files at their places become meanwhile
 * does not matter any more.
 */
final class CapgoDeflated implements AutoCloseable {

  private static final int LEVEL = 6;
  private static final int BUFFER = 1 << 16;

  private final Path folder;
  private final Queue<FileChannel> spools = new ConcurrentLinkedQueue<>();

  /** One file: how its headers describe it, and where its data is. */
  static final class Packed {

    private final ZipWriter.Entry entry;
    private final FileChannel spool;
    private final long start;

    private Packed(ZipWriter.Entry entry, FileChannel spool, long start) {
      this.entry = entry;
      this.spool = spool;
      this.start = start;
    }

    ZipWriter.Entry entry() {
      return entry;
    }

    void writeTo(OutputStream out) throws IOException {
      byte[] buffer = new byte[(int) Math.min(BUFFER, entry.compressed() + 1)];
      InputStream in = new FileSection(spool, start, entry.compressed());
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
    }
  }

  /**
   * @param folder where there is room
   */
  CapgoDeflated(Path folder) {
    this.folder = folder;
  }

  /** Compresses files; those that do not become smaller stay as they are. */
  List<Packed> pack(SortedMap<String, Path> files) throws IOException {
    return Crew.work(List.copyOf(files.entrySet()), Packer::new, () -> {});
  }

  private final class Packer implements Crew.Worker<Map.Entry<String, Path>, Packed> {

    private final FileChannel spool;
    private final Deflater deflater = new Deflater(LEVEL, true);
    private final byte[] plain = new byte[BUFFER];
    private final byte[] deflated = new byte[BUFFER];
    private long end;

    Packer() throws IOException {
      Path file = Files.createTempFile(folder, "deflated-", "");
      spool =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      spools.add(spool);
    }

    @Override
    public Packed work(Map.Entry<String, Path> file) throws IOException {
      long start = end;
      CRC32 crc = new CRC32();
      long size = deflate(file.getValue(), crc);
      boolean smaller = end - start < size;
      if (!smaller) {
        end = start;
        CRC32 again = new CRC32();
        if (copy(file.getValue(), again) != size || again.getValue() != crc.getValue()) {
          throw new IOException("a file changed while it was being sealed: " + file.getKey());
        }
      }
      return new Packed(
          new ZipWriter.Entry(
              file.getKey(),
              smaller ? ZipWriter.DEFLATED : ZipWriter.STORED,
              crc.getValue(),
              end - start,
              size),
          spool,
          start);
    }

    private long deflate(Path file, CRC32 crc) throws IOException {
      deflater.reset();
      long size = 0;
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(plain); read >= 0; read = in.read(plain)) {
          size += read;
          crc.update(plain, 0, read);
          deflater.setInput(plain, 0, read);
          while (!deflater.needsInput()) {
            write(deflated, deflater.deflate(deflated));
          }
        }
      }
      deflater.finish();
      while (!deflater.finished()) {
        write(deflated, deflater.deflate(deflated));
      }
      return size;
    }

    private long copy(Path file, CRC32 crc) throws IOException {
      long size = 0;
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(plain); read >= 0; read = in.read(plain)) {
          size += read;
          crc.update(plain, 0, read);
          write(plain, read);
        }
      }
      return size;
    }

    private void write(byte[] bytes, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
      while (buffer.hasRemaining()) {
        end += spool.write(buffer, end);
      }
    }

    @Override
    public void close() {
      deflater.end();
    }
  }

  @Override
  public void close() throws IOException {
    for (FileChannel spool : spools) {
      spool.close();
    }
  }
}
