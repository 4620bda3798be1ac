package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.FILE_DIGEST;
import static dev.slipway.bundle.BundleException.Reason.INDEX_INVALID;
import static dev.slipway.bundle.BundleException.Reason.LENGTH;
import static dev.slipway.bundle.BundleException.Reason.PADDING;
import static dev.slipway.bundle.BundleException.Reason.PATH;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Opens a bundle with a key, on a device or on the publisher's machine. It stops at the first thing
 * that is wrong, and then leaves nothing behind.
 *
 * <p>Files are opened on several threads. A blob is read once, hashed and decrypted; a file counts
 * only when both digests, the blob's and its own, are right.
 */
public final class Opener {

  private static final int BUFFER = 1 << 16;

  /** From here on one blob is worth several threads. */
  private static final int LARGE = 8 << 20;

  private final VerifiedManifest verified;
  private final OpeningKey key;
  private final BlobSource blobs;

  /**
   * What is in a bundle.
   *
   * @param files its files, sorted by path
   * @param notes what is new, by language
   * @param nextKeys keys of the fleet that later releases are sealed for; a device keeps them once
   *     this release has started healthily
   */
  public record Contents(List<Entry> files, Map<String, String> notes, List<WrappingKey> nextKeys) {

    /** One file: where it goes, its length and the SHA-256 of its bytes. */
    public record Entry(String path, long length, Digest digest) {}
  }

  /**
   * @param verified a manifest whose signature has been verified
   * @param key a key that the bundle is sealed for
   * @param blobs where its blobs are
   */
  public Opener(VerifiedManifest verified, OpeningKey key, BlobSource blobs) {
    this.verified = verified;
    this.key = key;
    this.blobs = blobs;
  }

  /**
   * Reads the index alone.
   *
   * @throws BundleException if the key does not open it, or if it is not the manifest's
   */
  public Contents list() throws IOException {
    return contents(index());
  }

  /** Is told how far the work has come, on the thread that opens. */
  @FunctionalInterface
  public interface Progress {

    /** So many of all plain bytes have been written. */
    void opened(long bytes, long total);
  }

  /** Opens all files into a folder that does not exist yet, and tells nobody how far it is. */
  public Contents open(Path folder) throws IOException {
    return open(folder, (bytes, total) -> {});
  }

  /**
   * Opens all files into a folder that does not exist yet. The folder is there, complete and
   * verified, if and only if this returns.
   *
   * @throws BundleException if anything is not as publisher and index say
   */
  public Contents open(Path folder, Progress progress) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Manifest manifest = verified.manifest();
    Index index = index();
    Map<Digest, Blob> byId =
        manifest.blobs().stream().collect(Collectors.toMap(Blob::id, blob -> blob));
    long total = index.files().stream().mapToLong(Index.File::length).sum();
    AtomicLong done = new AtomicLong();
    Files.createDirectory(target);
    boolean complete = false;
    try {
      Set<Path> folders = new LinkedHashSet<>();
      for (Index.File file : index.files()) {
        folders.add(resolve(target, file.path()).getParent());
      }
      for (Path parent : folders) {
        Files.createDirectories(parent);
      }
      Crew.work(
          index.files(),
          () -> {
            Bench bench = new Bench(target, done);
            return file -> {
              Blob blob = byId.get(file.blob());
              if (blob == null) {
                throw new IllegalStateException("the index was held against the manifest");
              }
              bench.write(file, blob);
              return file;
            };
          },
          () -> progress.opened(done.get(), total));
      complete = true;
    } finally {
      if (!complete) {
        Folders.delete(target);
      }
    }
    return contents(index);
  }

  Index index() throws IOException {
    Manifest manifest = verified.manifest();
    Secret cek = key.unwrap(manifest);
    Blob blob = manifest.index();
    if (Blob.plainLength(blob.size()) > Index.MAX_BYTES) {
      throw new BundleException(INDEX_INVALID).with("bytes", blob.size());
    }
    requireContent(blob);
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    byte[] context = KeySchedule.indexContext(manifest.appId(), manifest.version());
    try (InputStream in = blobs.open(blob.id())) {
      BlobCodec.open(new Limited(in, blob.size()), plain, KeySchedule.indexKey(cek), context);
    }
    Index index = Index.read(plain.toByteArray());
    index.requireMatches(manifest);
    return index;
  }

  /** Writes files one after the other, with buffers and ciphers that it keeps. For one thread. */
  private final class Bench {

    private final Path target;
    private final AtomicLong done;
    private final byte[] context = KeySchedule.fileContext(verified.manifest().appId());
    private final BlobInputStream.Kept kept = new BlobInputStream.Kept();
    private final byte[] buffer = new byte[BUFFER];

    Bench(Path target, AtomicLong done) {
      this.target = target;
      this.done = done;
    }

    void write(Index.File file, Blob blob) throws IOException {
      Path path = resolve(target, file.path());
      try (OutputStream out =
              new Counting(
                  Files.newOutputStream(
                      path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                  done);
          InputStream in = blobs.open(blob.id());
          Whole whole = new Whole(in, blob)) {
        BlobInputStream opened = new BlobInputStream(kept, whole, blob.size(), file.key(), context);
        if (blob.size() < LARGE) {
          unpack(file, opened, out, buffer);
        } else {
          unpackLarge(file, opened, out, buffer);
        }
        requirePadding(file, opened);
        whole.requireEnd();
      } catch (BundleException e) {
        // A blob that is not the manifest's says so, whatever its decryption stumbled over.
        requireContent(blob);
        throw e;
      } catch (IOException e) {
        throw Folders.naming(file.path(), e);
      }
    }
  }

  /** Counts what is written. */
  private static final class Counting extends FilterOutputStream {

    private final AtomicLong count;

    Counting(OutputStream out, AtomicLong count) {
      super(out);
      this.count = count;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      out.write(buffer, offset, length);
      count.addAndGet(length);
    }
  }

  /**
   * A blob's ciphertext, never more of it than the manifest says, with its digest: of a large one
   * on another thread.
   */
  private static final class Whole extends InputStream {

    private final InputStream in;
    private final Limited limited;
    private final Blob blob;
    private final MessageDigest digest = Digest.newSha256();
    private final @Nullable Beside beside;
    private long size;

    Whole(InputStream in, Blob blob) {
      this.in = in;
      this.limited = new Limited(in, blob.size());
      this.blob = blob;
      this.beside = blob.size() < LARGE ? null : new Beside(new Hashing(digest));
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = limited.read(buffer, offset, length);
      if (read > 0) {
        size += read;
        if (beside == null) {
          digest.update(buffer, offset, read);
        } else {
          beside.write(buffer, offset, read);
        }
      }
      return read;
    }

    /** Refuses what was read if it is not the blob, or if more stands behind it. */
    void requireEnd() throws IOException {
      if (size != blob.size() || in.read() >= 0) {
        throw new BundleException(BLOB_SIZE_MISMATCH).with("blob", blob.id());
      }
      if (beside != null) {
        beside.finish();
      }
      if (!Digest.of(digest.digest()).equals(blob.id())) {
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", blob.id());
      }
    }

    @Override
    public void close() {
      if (beside != null) {
        beside.close();
      }
    }
  }

  /** Writes the file's bytes, and never one more than the index says. */
  static void unpack(Index.File file, InputStream opened, OutputStream out) throws IOException {
    unpack(file, opened, out, new byte[BUFFER]);
  }

  private static void unpack(Index.File file, InputStream opened, OutputStream out, byte[] buffer)
      throws IOException {
    MessageDigest digest = Digest.newSha256();
    unpackTo(file, opened, new Digesting(out, digest), buffer);
    requireDigest(file, digest);
  }

  /** The same, its digest taken on another thread. */
  private static void unpackLarge(
      Index.File file, InputStream opened, OutputStream out, byte[] buffer) throws IOException {
    MessageDigest digest = Digest.newSha256();
    try (Beside beside = new Beside(new Hashing(digest))) {
      unpackTo(file, opened, new Both(beside, out), buffer);
      beside.finish();
    }
    requireDigest(file, digest);
  }

  /** Writes to one stream, then to another; both stay open. */
  private static final class Both extends OutputStream {

    private final OutputStream one;
    private final OutputStream two;

    Both(OutputStream one, OutputStream two) {
      this.one = one;
      this.two = two;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      one.write(buffer, offset, length);
      two.write(buffer, offset, length);
    }
  }

  private static void requireDigest(Index.File file, MessageDigest digest) {
    if (!Digest.of(digest.digest()).equals(file.digest())) {
      throw new BundleException(FILE_DIGEST).with("blob", file.blob());
    }
  }

  private static void unpackTo(Index.File file, InputStream opened, OutputStream out, byte[] buffer)
      throws IOException {
    InputStream packed = new Limited(opened, file.packedLength());
    try (InputStream plain = file.compressed() ? Zstandard.decompressing(packed) : packed) {
      long length = 0;
      int read;
      do {
        // A decompressor is asked for one byte too much, and never for more.
        int most = (int) Math.min(buffer.length, file.length() - length + 1);
        read = plain.readNBytes(buffer, 0, most);
        length += read;
        if (length > file.length()) {
          throw new BundleException(LENGTH).with("blob", file.blob());
        }
        out.write(buffer, 0, read);
      } while (read > 0);
      // Also what a decompressor leaves unread counts as too much.
      if (length != file.length() || packed.read() >= 0) {
        throw new BundleException(LENGTH).with("blob", file.blob());
      }
    }
  }

  /** Reads a blob to its end, which makes it whole, and refuses padding that is not zeros. */
  static void requirePadding(Index.File file, InputStream opened) throws IOException {
    byte[] buffer = new byte[Blob.PLAIN_CHUNK / 2];
    for (int read = opened.read(buffer); read >= 0; read = opened.read(buffer)) {
      for (int i = 0; i < read; i++) {
        if (buffer[i] != 0) {
          throw new BundleException(PADDING).with("blob", file.blob());
        }
      }
    }
  }

  private static Path resolve(Path target, String path) throws IOException {
    Path resolved;
    try {
      resolved = target.resolve(path);
    } catch (InvalidPathException e) {
      // The path keeps the rules, but the locale of this process has no letters for it.
      throw new IOException(
          "this system cannot name a file of the bundle; is its locale UTF-8?", e);
    }
    // The index has been held against the rules before; this is for the day when they have a hole.
    if (!resolved.normalize().startsWith(target)) {
      throw new BundleException(PATH);
    }
    return resolved;
  }

  /** Reads a blob once, but never more than a byte too much, and refuses other bytes. */
  private void requireContent(Blob blob) throws IOException {
    try (InputStream in = blobs.open(blob.id())) {
      DigestInputStream digesting =
          new DigestInputStream(
              new BufferedInputStream(new Limited(in, blob.size()), 1 << 16), Digest.newSha256());
      long size = digesting.transferTo(OutputStream.nullOutputStream());
      if (size != blob.size() || in.read() >= 0) {
        throw new BundleException(BLOB_SIZE_MISMATCH).with("blob", blob.id());
      }
      if (!Digest.of(digesting.getMessageDigest().digest()).equals(blob.id())) {
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", blob.id());
      }
    }
  }

  private static Contents contents(Index index) {
    return new Contents(
        index.files().stream()
            .map(file -> new Contents.Entry(file.path(), file.length(), file.digest()))
            .collect(Collectors.toList()),
        index.notes(),
        index.nextKeys());
  }
}
