package dev.slipway.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
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

  /**
   * The bytes of a buffer. Small writes go on together: each hand-over costs as much as hashing
   * some kilobytes. All buffers together are still in the processor's cache when they come back.
   */
  private static final int SIZE = 1 << 18;

  private static final int BUFFERS = 4;

  private static final Piece END = new Piece(0);

  private final OutputStream target;
  private final int size;
  private final BlockingQueue<Piece> free = new LinkedBlockingQueue<>();
  private final BlockingQueue<Piece> full = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::writeAll, "slipway-beside");
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
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
    this(SIZE, target);
  }

  /**
   * @param size of each buffer, in bytes
   */
  Beside(int size, OutputStream target) {
    this.target = target;
    this.size = size;
    for (int i = 0; i < BUFFERS; i++) {
      free.add(new Piece(size));
    }
    thread.setDaemon(true);
    thread.start();
  }

  private void writeAll() {
    try {
      for (Piece piece = full.take(); piece != END; piece = full.take()) {
        target.write(piece.bytes, 0, piece.length);
        free.add(piece);
      }
    } catch (IOException | RuntimeException | Error e) {
      fail(e);
    } catch (InterruptedException e) {
      fail(new InterruptedIOException("interrupted"));
    }
  }

  private void fail(Throwable thrown) {
    failure.set(thrown);
    // Who waits for a buffer gets one, and then learns what happened.
    free.add(new Piece(size));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    int from = offset;
    for (int left = length; left > 0; ) {
      Piece piece = filling();
      int count = Math.min(left, size - piece.length);
      System.arraycopy(buffer, from, piece.bytes, piece.length, count);
      piece.length += count;
      from += count;
      left -= count;
      if (piece.length == size) {
        handOver();
      }
    }
  }

  /** A buffer to be filled from its start and then {@linkplain #pass passed}: nothing is copied. */
  byte[] buffer() throws IOException {
    handOver();
    return filling().bytes;
  }

  /**
   * Writes so many bytes of the {@link #buffer} that was asked for before. Until the next one is
   * asked for the caller may read them, too.
   */
  void pass(int length) {
    Piece piece = filling;
    if (piece == null) {
      throw new IllegalStateException("no buffer was asked for");
    }
    piece.length = length;
    handOver();
  }

  private Piece filling() throws IOException {
    Piece piece = filling;
    if (piece == null) {
      piece = take();
      filling = piece;
    }
    return piece;
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
    Throwable thrown = failure.get();
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
    full.add(END);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
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
