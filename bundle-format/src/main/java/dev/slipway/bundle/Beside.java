package dev.slipway.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes to a stream on a thread of its own, so that encrypting and hashing one large file use two
 * processors. Takes a fixed amount of memory: who writes faster than the stream waits. What the
 * stream throws comes out of the next write or of {@link #finish}. For one writing thread.
 *
 * <p>After {@link #finish} everything was written, and is seen by the thread that called it. {@link
 * #close} ends the thread, whatever happened, and leaves the target open.
 */
final class Beside extends OutputStream {

  private static final int BUFFERS = 4;
  private static final int SIZE = 1 << 18;

  private final OutputStream target;
  private final BlockingQueue<Piece> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS + 2);
  private final Thread thread;
  private volatile @Nullable Throwable failure;

  /** Small writes go on together: each hand-over costs as much as hashing some kilobytes. */
  private @Nullable Piece filling;

  private boolean ended;

  private static final class Piece {

    final byte[] bytes;
    int length;

    Piece(int size) {
      bytes = new byte[size];
    }
  }

  Beside(OutputStream target) {
    this.target = target;
    for (int i = 0; i < BUFFERS; i++) {
      free.add(new Piece(SIZE));
    }
    thread = new Thread(this::writeAll, "slipway-beside");
    thread.setDaemon(true);
    thread.start();
  }

  private void writeAll() {
    try {
      for (Piece piece = full.take(); piece.bytes.length > 0; piece = full.take()) {
        target.write(piece.bytes, 0, piece.length);
        free.add(piece);
      }
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
      // Who waits for a buffer gets one, and then learns what happened.
      free.offer(new Piece(SIZE));
    } catch (InterruptedException e) {
      failure = new InterruptedIOException("interrupted");
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    int from = offset;
    for (int left = length; left > 0; ) {
      Piece piece = filling == null ? take() : filling;
      filling = piece;
      int count = Math.min(left, SIZE - piece.length);
      System.arraycopy(buffer, from, piece.bytes, piece.length, count);
      piece.length += count;
      from += count;
      left -= count;
      if (piece.length == SIZE) {
        handOver();
      }
    }
  }

  private Piece take() throws IOException {
    try {
      Piece piece = free.take();
      check();
      piece.length = 0;
      return piece;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** There is room: for all buffers, the one that a failure adds, and the last. */
  private void handOver() {
    if (filling != null) {
      full.add(filling);
      filling = null;
    }
  }

  /** Waits until everything was written. */
  void finish() throws IOException {
    handOver();
    end();
    check();
  }

  private void check() throws IOException {
    Throwable thrown = failure;
    if (thrown instanceof IOException e) {
      throw e;
    }
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    full.add(new Piece(0));
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end();
  }
}
