package dev.slipway.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one stream or more, each on a thread of its own, so that encrypting, hashing and
 * writing one large file use several processors. What the streams get goes from one to the next in
 * the same buffer. Takes a fixed amount of memory: who writes faster than the slowest stream waits.
 * What a stream throws comes out of the next write or of {@link #finish}. For one writing thread.
 *
 * <p>After {@link #finish} everything was written, and is seen by the thread that called it. {@link
 * #close} ends the threads, whatever happened, and leaves the targets open.
 */
final class Beside extends OutputStream {

  /** Small writes go on together: each hand-over costs as much as hashing some kilobytes. */
  private static final int SIZE = 1 << 18;

  /** For each stream: what it works on, and what waits for it. */
  private static final int BUFFERS = 3;

  private static final Piece END = new Piece(0);

  private final int size;
  private final BlockingQueue<Piece> free = new LinkedBlockingQueue<>();
  private final List<Stage> stages = new ArrayList<>();
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
  Beside(int size, OutputStream... targets) {
    this.size = size;
    for (int i = 0; i < 1 + BUFFERS * targets.length; i++) {
      free.add(new Piece(size));
    }
    BlockingQueue<Piece> next = free;
    for (int i = targets.length - 1; i >= 0; i--) {
      Stage stage = new Stage(targets[i], next);
      stages.add(0, stage);
      next = stage.full;
    }
    stages.forEach(stage -> stage.thread.start());
  }

  /** One stream, its thread, and the pieces that wait for it. */
  private final class Stage {

    private final OutputStream target;
    private final BlockingQueue<Piece> full = new LinkedBlockingQueue<>();
    private final BlockingQueue<Piece> next;
    private final Thread thread = new Thread(this::writeAll, "slipway-beside");

    Stage(OutputStream target, BlockingQueue<Piece> next) {
      this.target = target;
      this.next = next;
      thread.setDaemon(true);
    }

    private void writeAll() {
      try {
        for (Piece piece = full.take(); piece != END; piece = full.take()) {
          target.write(piece.bytes, 0, piece.length);
          next.add(piece);
        }
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
      } catch (InterruptedException e) {
        fail(new InterruptedIOException("interrupted"));
      }
      if (next != free) {
        next.add(END);
      }
    }

    private void fail(Throwable thrown) {
      failure.compareAndSet(null, thrown);
      // Who waits for a buffer gets one, and then learns what happened.
      free.add(new Piece(size));
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

  /** Writes so many bytes of the {@link #buffer} that was asked for before. */
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
      stages.get(0).full.add(filling);
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
    stages.get(0).full.add(END);
    boolean interrupted = false;
    for (Stage stage : stages) {
      while (stage.thread.isAlive()) {
        try {
          stage.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
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
