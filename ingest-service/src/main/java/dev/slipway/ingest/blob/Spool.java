package dev.slipway.ingest.blob;

import dev.slipway.bundle.Digest;
import dev.slipway.kit.http.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The folder where uploads wait until all their bytes are known. Nothing in it outlives its
/// process: what a killed one left is removed by the next one. Several processes may share the
/// parent folder.
public final class Spool implements AutoCloseable {

  private static final Logger LOG = Logger.getLogger(Spool.class);
  private static final int SMALLEST_BUFFER = 8 << 10;
  private static final int LARGEST_BUFFER = 256 << 10;
  private static final String LOCK = ".lock";

  private final Path folder;
  private final Path lockFile;
  private final FileChannel lockChannel;
  private final long quota;
  private final long longest;
  private final Pace pace;
  private final LongSupplier nanoTime;
  private final AtomicLong taken = new AtomicLong();

  /// The slowest upload that is waited for.
  ///
  /// @param graceNanos for how long any pace will do
  /// @param bytesPerSecond the average that is due afterwards
  public record Pace(long graceNanos, long bytesPerSecond) {

    boolean isTooSlow(long bytes, long nanos) {
      return nanos > graceNanos && bytes < bytesPerSecond * (nanos / 1e9);
    }
  }

  /// @param parent made if it is not there
  /// @param longest the most bytes of one upload
  /// @param quota the most bytes of all unfinished uploads
  /// @param nanoTime a clock as of [System#nanoTime()]
  public Spool(Path parent, long longest, long quota, Pace pace, LongSupplier nanoTime)
      throws IOException {
    this.longest = longest;
    this.quota = quota;
    this.pace = pace;
    this.nanoTime = nanoTime;
    Files.createDirectories(parent);
    removeAbandoned(parent);
    String name = UUID.randomUUID().toString();
    lockFile = parent.resolve(name + LOCK);
    // The lock comes before the folder, so that no other process takes the folder for an abandoned
    // one.
    lockChannel = open(lockFile);
    lockChannel.lock();
    folder =
        Files.createDirectory(
            parent.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /// The bytes that unfinished uploads take now.
  public long taken() {
    return taken.get();
  }

  /// Reads an upload to its end.
  ///
  /// @param declared its length, where the sender said it
  /// @throws Refusal 413 `blob-too-large`, 408 `too-slow`, 400 `upload-incomplete`, 503
  ///     `spool-full`; nothing is kept then
  public Upload receive(InputStream body, OptionalLong declared) {
    if (declared.isPresent() && declared.getAsLong() > longest) throw tooLarge();
    var upload = new Upload(folder.resolve(UUID.randomUUID().toString()));
    try {
      upload.reserve(declared.orElse(0));
      upload.fill(body, declared.orElse(LARGEST_BUFFER));
      return upload;
    } catch (IOException e) {
      upload.close();
      LOG.errorf(e, "An upload could not be written to disk: folder=%s", folder);
      throw full();
    } catch (RuntimeException e) {
      upload.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    remove(folder);
    lockChannel.close();
    Files.deleteIfExists(lockFile);
  }

  private Refusal tooLarge() {
    return Refusal.of(413, "blob-too-large", "A blob has at most " + longest + " bytes here.")
        .with("limit", longest);
  }

  private Refusal tooSlow() {
    return Refusal.of(
        408,
        "too-slow",
        "The upload must bring " + pace.bytesPerSecond() + " bytes a second on average.");
  }

  private static Refusal full() {
    return Refusal.of(503, "spool-full", "There is no room for the upload now. Try again soon.");
  }

  private static void removeAbandoned(Path parent) throws IOException {
    try (var entries = Files.list(parent)) {
      for (Path entry : entries.filter(Files::isDirectory).toList()) {
        Path lock = parent.resolve(entry.getFileName() + LOCK);
        try (FileChannel channel = open(lock)) {
          if (tryLock(channel) != null) {
            remove(entry);
            Files.deleteIfExists(lock);
          }
        }
      }
    }
  }

  private static FileChannel open(Path lock) throws IOException {
    return FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by this very process: in use like any other.
      return null;
    }
  }

  private static void remove(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /// One upload, complete on disk until it is closed.
  public final class Upload implements AutoCloseable {

    private final Path file;
    private long reserved;
    private long size;
    private @Nullable Digest digest;

    private Upload(Path file) {
      this.file = file;
    }

    public Path file() {
      return file;
    }

    public long size() {
      return size;
    }

    /// The SHA-256 of all bytes.
    public Digest digest() {
      if (digest == null) throw new IllegalStateException("not received yet");
      return digest;
    }

    /// Its first bytes, at most so many.
    byte[] head(int length) {
      try (var in = Files.newInputStream(file)) {
        return in.readNBytes(length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /// @param expected about so many bytes
    private void fill(InputStream body, long expected) throws IOException {
      MessageDigest sha256 = Digest.newSha256();
      byte[] buffer = new byte[(int) Math.clamp(expected, SMALLEST_BUFFER, LARGEST_BUFFER)];
      long start = nanoTime.getAsLong();
      try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
        for (int read = read(body, buffer, start); read >= 0; read = read(body, buffer, start)) {
          size += read;
          if (size > longest) throw tooLarge();
          if (size > reserved) reserve(size - reserved);
          if (pace.isTooSlow(size, nanoTime.getAsLong() - start)) throw tooSlow();
          sha256.update(buffer, 0, read);
          out.write(buffer, 0, read);
        }
      }
      digest = Digest.of(sha256.digest());
    }

    private int read(InputStream body, byte[] buffer, long start) {
      try {
        return body.read(buffer);
      } catch (IOException e) {
        // Silence ends the wait too: the HTTP layer gives up on a body that does not go on.
        if (pace.isTooSlow(size, nanoTime.getAsLong() - start)) throw tooSlow();
        LOG.debugf(e, "A sender broke off");
        throw Refusal.of(400, "upload-incomplete", "The body ended before all of it was there.");
      }
    }

    private void reserve(long bytes) {
      if (taken.addAndGet(bytes) > quota) {
        taken.addAndGet(-bytes);
        throw full();
      }
      reserved += bytes;
    }

    @Override
    public void close() {
      taken.addAndGet(-reserved);
      reserved = 0;
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
