package dev.slipway.ingest.storage;

import io.smallrye.mutiny.Multi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.LockSupport;

/// The bytes of a file for a request, in large pieces of memory that stand for the file itself: the
/// kernel copies them to the connection, and nobody else does.
///
/// May be gone through several times, until it is closed.
final class FileBody implements Iterable<ByteBuffer>, AutoCloseable {

  private static final long PIECE = 1 << 20;
  private static final int MOST_ATTEMPTS = 1000;

  private final Arena arena = Arena.ofShared();
  private final FileChannel channel;
  private final long size;

  FileBody(Path file) throws IOException {
    channel = FileChannel.open(file);
    size = Files.size(file);
  }

  long size() {
    return size;
  }

  HttpRequest.BodyPublisher publisher() {
    return size == 0
        ? BodyPublishers.noBody()
        : BodyPublishers.fromPublisher(Multi.createFrom().iterable(this), size);
  }

  @Override
  public Iterator<ByteBuffer> iterator() {
    return size == 0 ? Collections.emptyIterator() : new Pieces();
  }

  /// Whoever still sends fails then, and reads nothing else.
  @Override
  public void close() throws IOException {
    channel.close();
    for (int attempt = 1; ; attempt++) {
      try {
        arena.close();
        return;
      } catch (IllegalStateException e) {
        // A piece is within a write at this moment: the store may answer before it has all bytes.
        if (attempt == MOST_ATTEMPTS) throw e;
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private final class Pieces implements Iterator<ByteBuffer> {

    private long position;

    @Override
    public boolean hasNext() {
      return position < size;
    }

    @Override
    public ByteBuffer next() {
      if (!hasNext()) throw new NoSuchElementException();
      try {
        long length = Math.min(PIECE, size - position);
        var piece =
            channel.map(FileChannel.MapMode.READ_ONLY, position, length, arena).asByteBuffer();
        position += length;
        return piece;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
