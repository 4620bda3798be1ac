package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;

import com.github.luben.zstd.ZstdCompressCtx;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link Sealer} puts the blobs of the bundle that it makes: packs files, seals them, and
 * keeps each on a shelf. Memory does not grow with the size of a file. For several threads: each
 * works with a {@link Packer} of its own, and content that two of them meet is sealed once.
 *
 * <p>Key and salt of a blob follow from the very bytes that are encrypted, so these must not change
 * between the reading that derives the key and the one that encrypts. Small files are read once
 * into memory. A large one is read again, and if its bytes are then others, the blob is thrown
 * away.
 */
final class BlobStore {

  /** Up to here a file is handled in memory, in bytes. */
  private static final int IN_MEMORY = 8 << 20;

  /** How much of a large file is tried to see whether compression helps at all. */
  private static final int SAMPLE = 1 << 20;

  /** How much of the middle of a file in memory is tried. */
  private static final int MIDDLE = 16 << 10;

  /** One part in so many must be saved for a device to have the work of decompressing. */
  private static final int WORTH = 32;

  private static final int BUFFER = 1 << 16;

  private final Path work;
  private final Shelf shelf;
  private final Packing packing;
  private final Secret dataKey;
  private final AppId app;
  private final byte[] context;
  private final @Nullable Base base;
  private final AtomicInteger packers = new AtomicInteger();
  private final Map<Digest, Blob> blobs = new ConcurrentHashMap<>();

  /** What is sealed or being sealed, by the digest of the file. */
  private final Map<Digest, CompletableFuture<Index.File>> byContent = new ConcurrentHashMap<>();

  /** How many bytes of files have been dealt with. */
  private final AtomicLong done = new AtomicLong();

  /**
   * @param work a folder for what lies there only for a while
   */
  BlobStore(Path work, Shelf shelf, Packing packing, KeyRing keys, @Nullable Base base) {
    this.work = work;
    this.shelf = shelf;
    this.packing = packing;
    this.dataKey = keys.dataKey();
    this.app = keys.appId();
    this.context = KeySchedule.fileContext(app);
    this.base = base;
  }

  /** The blobs of files that there are now. */
  Map<Digest, Blob> blobs() {
    return blobs;
  }

  /** How many bytes of files have been dealt with so far. */
  long done() {
    return done.get();
  }

  /** Where the bytes of a file can be read, as often as there is need. */
  @FunctionalInterface
  interface Content {

    InputStream open() throws IOException;
  }

  Packer packer() throws IOException {
    return new Packer(shelf.place());
  }

  /** Seals the plain bytes of an index. */
  Blob addIndex(byte[] plain, Secret key, byte[] salt, byte[] context) throws IOException {
    try (Packer packer = packer()) {
      return packer.seal(new BlobSealer.Sealing(key, salt, context), plain, plain.length);
    }
  }

  /** Packs and seals files, one after the other. For one thread. */
  final class Packer implements AutoCloseable {

    private final Shelf.Place place;
    private final BlobSealer sealer = new BlobSealer();
    private final Path packing = work.resolve("packing-" + packers.getAndIncrement());
    private final @Nullable ZstdCompressCtx compressor;
    private final MessageDigest running = Digest.newSha256();
    private final Hkdf hkdf = new Hkdf();

    /** The small file at hand, and what it is compressed to; both with room for padding. */
    private byte[] plain = new byte[0];

    private byte[] packed = new byte[0];

    private Packer(Shelf.Place place) {
      this.place = place;
      int level = BlobStore.this.packing.level();
      compressor = level > 0 ? Zstandard.compressor(level) : null;
    }

    @Override
    public void close() throws IOException {
      if (compressor != null) {
        compressor.close();
      }
      place.close();
    }

    Index.File add(String path, long length, Path file) throws IOException {
      return add(path, length, () -> Files.newInputStream(file));
    }

    /**
     * Seals content that has this length, unless it is here already.
     *
     * @throws IOException if reading or writing fails, or if reading gives another length or other
     *     bytes than before; its message names the path
     */
    Index.File add(String path, long length, Content content) throws IOException {
      try {
        return length <= IN_MEMORY
            ? addSmall(path, (int) length, content)
            : addLarge(path, length, content);
      } catch (IOException e) {
        throw Folders.naming(path, e);
      }
    }

    private Index.File addSmall(String path, int length, Content file) throws IOException {
      // One byte more than there should be shows that there are more.
      plain = sized(plain, Math.max(length + 1, paddedLength(length)));
      running.reset();
      int read = 0;
      try (InputStream in = file.open()) {
        // Each piece is hashed while it is in the processor's cache.
        for (int count = 0; count >= 0 && read <= length; read += Math.max(0, count)) {
          count = in.read(plain, read, Math.min(BUFFER, length + 1 - read));
          running.update(plain, read, Math.max(0, count));
        }
      }
      if (read != length) {
        throw changed(path);
      }
      MessageDigest content = copy(running);
      Digest digest = Digest.of(running.digest());
      Index.File added = once(path, digest, known -> sealSmall(path, length, known, content));
      done.addAndGet(length);
      return added;
    }

    private Index.File sealSmall(String path, int length, Digest digest, MessageDigest content)
        throws IOException {
      int packedLength = middleHelps(length) ? compress(0, length) : length;
      boolean compressed = helps(packedLength, length);
      byte[] bytes = compressed ? packed : plain;
      int contentLength = compressed ? packedLength : length;
      int total = paddedLength(contentLength);
      Arrays.fill(bytes, contentLength, total, (byte) 0);
      if (compressed) {
        content.reset();
      }
      int hashed = compressed ? 0 : length;
      content.update(bytes, hashed, total - hashed);
      BlobSealer.Sealing sealing = sealing(Digest.of(content.digest()));
      Blob blob = seal(sealing, bytes, total);
      return new Index.File(
          path, blob.id(), sealing.key(), length, digest, compressed, contentLength);
    }

    private int paddedLength(int length) {
      return (int) BlobStore.this.packing.padded(length);
    }

    /** Compresses bytes that were read, and returns the length of what they became. */
    private int compress(int offset, int length) {
      packed = sized(packed, paddedLength(Zstandard.bound(length)));
      return compressor == null
          ? length
          : compressor.compressByteArray(packed, 0, packed.length, plain, offset, length);
    }

    /** Whether the middle of a file says that all of it may become smaller; asked of long ones. */
    private boolean middleHelps(int length) {
      return length < 4 * MIDDLE || sampleHelps(length / 2 - MIDDLE / 2, MIDDLE);
    }

    private boolean sampleHelps(int offset, int length) {
      return compress(offset, length) < length - length / WORTH;
    }

    private boolean sampleHelps(Content file) throws IOException {
      try (InputStream in = file.open()) {
        plain = sized(plain, SAMPLE);
        return sampleHelps(0, in.readNBytes(plain, 0, SAMPLE));
      }
    }

    private Index.File addLarge(String path, long length, Content file) throws IOException {
      Share share = new Share(length);
      MessageDigest content = Digest.newSha256();
      Fingerprint fingerprint = new Fingerprint();
      // Hashed on another thread.
      try (InputStream in = limited(file, length, share);
          Beside hashing = new Beside(new Hashing(content))) {
        long all = 0;
        for (int read = -1; read != 0; all += read) {
          byte[] piece = hashing.buffer();
          read = in.readNBytes(piece, 0, piece.length);
          fingerprint.update(piece, 0, read);
          hashing.pass(read);
        }
        if (all != length) {
          throw changed(path);
        }
        hashing.finish();
      }
      long first = fingerprint.getValue();
      Digest digest = Digest.of(copy(content).digest());
      Index.File added =
          once(
              path,
              digest,
              known -> {
                Index.File compressed =
                    compressor != null && sampleHelps(file)
                        ? sealCompressed(path, length, digest, file, share)
                        : null;
                return compressed != null
                    ? compressed
                    : sealLarge(path, length, digest, content, file, share, first);
              });
      share.finish();
      return added;
    }

    private Index.File sealLarge(
        String path,
        long length,
        Digest digest,
        MessageDigest content,
        Content file,
        Share share,
        long first)
        throws IOException {
      long padding = BlobStore.this.packing.padded(length) - length;
      BlobSealer.Sealing sealing = sealing(content, padding);
      Fingerprint second = new Fingerprint();
      boolean kept = false;
      try {
        Blob blob;
        try (InputStream in = new CheckedInputStream(limited(file, length, share), second);
            OutputStream out = place.begin()) {
          blob = sealer.sealLarge(padded(in, padding), out, sealing);
        }
        if (second.getValue() != first) {
          // Key and salt belong to other bytes: such a blob must not leave this machine.
          throw changed(path);
        }
        place.keep(blob);
        blobs.put(blob.id(), blob);
        kept = true;
        return new Index.File(path, blob.id(), sealing.key(), length, digest, false, length);
      } finally {
        if (!kept) {
          place.drop();
        }
      }
    }

    /** Seals a large file compressed, by way of a file of its own; null where it does not help. */
    private Index.@Nullable File sealCompressed(
        String path, long length, Digest digest, Content file, Share share) throws IOException {
      try {
        MessageDigest packedDigest = Digest.newSha256();
        try (DigestInputStream in = digesting(file, length, share);
            OutputStream out =
                Zstandard.compressing(
                    new DigestOutputStream(Files.newOutputStream(packing), packedDigest),
                    BlobStore.this.packing.level())) {
          in.transferTo(out);
          if (!Digest.of(in.getMessageDigest().digest()).equals(digest)) {
            throw changed(path);
          }
        }
        long packedLength = Files.size(packing);
        if (!helps(packedLength, length)) {
          return null;
        }
        long padding = BlobStore.this.packing.padded(packedLength) - packedLength;
        BlobSealer.Sealing sealing = sealing(packedDigest, padding);
        // Nobody else writes to this file in between: it is the bundle's own.
        Blob blob;
        try (InputStream in = Files.newInputStream(packing);
            OutputStream out = place.begin()) {
          blob = sealer.sealLarge(padded(in, padding), out, sealing);
        }
        place.keep(blob);
        blobs.put(blob.id(), blob);
        return new Index.File(path, blob.id(), sealing.key(), length, digest, true, packedLength);
      } finally {
        Files.deleteIfExists(packing);
      }
    }

    /** Seals the first bytes of an array. */
    private Blob seal(BlobSealer.Sealing sealing, byte[] content, int length) throws IOException {
      Blob blob;
      if (sealer.fits(length)) {
        blob = sealer.seal(content, length, sealing);
        place.keep(blob, sealer.sealed());
      } else {
        try (OutputStream out = place.begin()) {
          blob = sealer.seal(content, length, out, sealing);
        }
        place.keep(blob);
      }
      blobs.put(blob.id(), blob);
      return blob;
    }

    /** The key, from the digest of the content so far and of the zeros that follow. */
    private BlobSealer.Sealing sealing(MessageDigest content, long padding) {
      byte[] zeros = new byte[(int) Math.min(padding, BUFFER)];
      for (long left = padding; left > 0; left -= zeros.length) {
        content.update(zeros, 0, (int) Math.min(left, zeros.length));
      }
      return sealing(Digest.of(content.digest()));
    }

    private BlobSealer.Sealing sealing(Digest content) {
      return new BlobSealer.Sealing(
          KeySchedule.fileKey(hkdf, dataKey, app, content),
          KeySchedule.fileSalt(hkdf, dataKey, app, content),
          context);
    }

    /** What is in here, in the base, or is sealed now: by one thread, whoever else has the same. */
    private Index.File once(String path, Digest content, Make make) throws IOException {
      CompletableFuture<Index.File> mine = new CompletableFuture<>();
      CompletableFuture<Index.File> before = byContent.putIfAbsent(content, mine);
      if (before != null) {
        try {
          // Whoever has it waits for nobody: there is no circle.
          return before.join().at(path);
        } catch (CompletionException e) {
          throw new IOException("a file with the same content could not be sealed: " + path, e);
        }
      }
      try {
        Index.File earlier = base == null ? null : base.file(content).orElse(null);
        Index.File made = earlier == null ? make.make(content) : takeOver(earlier).at(path);
        mine.complete(made);
        return made;
      } catch (IOException | RuntimeException | Error e) {
        mine.completeExceptionally(e);
        throw e;
      }
    }

    private Index.File takeOver(Index.File earlier) throws IOException {
      Base known = base;
      if (known == null) {
        throw new IllegalStateException("there is no base");
      }
      Blob blob = known.blob(earlier.blob());
      if (blobs.containsKey(blob.id())) {
        return earlier;
      }
      running.reset();
      try (InputStream in = known.source().open(blob.id());
          OutputStream out = place.begin()) {
        new Limited(in, blob.size()).transferTo(new Digesting(out, running));
      }
      if (!Digest.of(running.digest()).equals(blob.id())) {
        place.drop();
        throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", blob.id());
      }
      place.keep(blob);
      blobs.put(blob.id(), blob);
      return earlier;
    }
  }

  /** Seals content that nobody else has. */
  private interface Make {
    Index.File make(Digest content) throws IOException;
  }

  private boolean helps(long compressed, long plain) {
    return compressed < plain
        && packing.padded(compressed) <= packing.padded(plain) - plain / WORTH;
  }

  private static InputStream padded(InputStream content, long padding) {
    return padding == 0 ? content : new SequenceInputStream(content, new Zeros(padding));
  }

  /** The same array if it is long enough: many small ones are dear to collect. */
  private static byte[] sized(byte[] array, int length) {
    return array.length >= length
        ? array
        : new byte[Math.max(length, Math.min(2 * array.length, IN_MEMORY))];
  }

  /** What a large file adds to what is done: half of it as it is hashed, half as it is sealed. */
  private final class Share {

    private long left;

    Share(long length) {
      left = length;
    }

    void add(long read) {
      long half = Math.min(read / 2, left);
      left -= half;
      done.addAndGet(half);
    }

    void finish() {
      done.addAndGet(left);
      left = 0;
    }
  }

  /** So many zeros. */
  private static final class Zeros extends InputStream {

    private long left;

    Zeros(long count) {
      left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? 0 : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(length, left);
      Arrays.fill(buffer, offset, offset + count, (byte) 0);
      left -= count;
      return count;
    }
  }

  private static MessageDigest copy(MessageDigest running) {
    try {
      return (MessageDigest) running.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("every Java platform copies SHA-256", e);
    }
  }

  private DigestInputStream digesting(Content file, long length, Share share) throws IOException {
    return new DigestInputStream(
        new BufferedInputStream(limited(file, length, share), BUFFER), Digest.newSha256());
  }

  /** One byte more than there should be shows that there are more; it goes no further. */
  private static InputStream limited(Content file, long length, Share share) throws IOException {
    InputStream in = file.open();
    return new Limited(in, length + 1) {
      @Override
      public int read(byte[] buffer, int offset, int count) throws IOException {
        int read = super.read(buffer, offset, count);
        share.add(Math.max(0, read));
        return read;
      }

      @Override
      public void close() throws IOException {
        in.close();
      }
    };
  }

  private static IOException changed(String path) {
    return new IOException("a file changed while it was being sealed: " + path);
  }
}
