package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link Sealer} puts the blobs of the bundle that it makes: packs files, seals them, and
 * keeps each under its id in the folder of parts. Memory does not grow with the size of a file.
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
  private static final int MIDDLE = 64 << 10;

  /** One part in so many must be saved for a device to have the work of decompressing. */
  private static final int WORTH = 32;

  private static final int BUFFER = 1 << 16;

  private final BundleParts parts;
  private final Packing packing;
  private final Secret dataKey;
  private final AppId app;
  private final @Nullable Base base;
  private final Map<Digest, Blob> blobs = new HashMap<>();
  private final Map<Digest, Index.File> byContent = new HashMap<>();
  private final Map<Digest, Long> checksums = new HashMap<>();

  /** The small file at hand, and what it is compressed to. */
  private byte[] plain = new byte[0];

  private byte[] packed = new byte[0];

  BlobStore(BundleParts parts, Packing packing, KeyRing keys, @Nullable Base base) {
    this.parts = parts;
    this.packing = packing;
    this.dataKey = keys.dataKey();
    this.app = keys.appId();
    this.base = base;
  }

  /** The blobs of files that there are now. */
  Map<Digest, Blob> blobs() {
    return blobs;
  }

  /** The CRC-32 of each blob, which a container needs. */
  Map<Digest, Long> checksums() {
    return checksums;
  }

  /** Where the bytes of a file can be read, as often as there is need. */
  @FunctionalInterface
  interface Content {

    InputStream open() throws IOException;
  }

  /** Seals a file, unless its content is here already, and says where it is. */
  Index.File add(String path, Path file) throws IOException {
    return add(path, Files.size(file), () -> Files.newInputStream(file));
  }

  /**
   * Seals content that has this length.
   *
   * @throws IOException if reading fails, or gives another length or other bytes than before
   */
  Index.File add(String path, long length, Content content) throws IOException {
    return length <= IN_MEMORY
        ? addSmall(path, (int) length, content)
        : addLarge(path, length, content);
  }

  private Index.File addSmall(String path, int length, Content file) throws IOException {
    plain = sized(plain, length + 1);
    int read;
    try (InputStream in = file.open()) {
      read = in.readNBytes(plain, 0, length + 1);
    }
    if (read != length) {
      throw changed(path);
    }
    MessageDigest running = Digest.newSha256();
    running.update(plain, 0, length);
    Digest digest = Digest.of(copy(running).digest());
    Index.File known = known(digest);
    if (known != null) {
      return known.at(path);
    }
    boolean worthTrying = packing.level() > 0 && middleHelps(length);
    int packedLength = worthTrying ? compress(0, length) : length;
    boolean compressed = worthTrying && helps(packedLength, length);
    byte[] content = compressed ? packed : plain;
    int contentLength = compressed ? packedLength : length;
    if (compressed) {
      running.reset();
      running.update(packed, 0, packedLength);
    }
    long padding = packing.padded(contentLength) - contentLength;
    Sealing sealing = sealing(running, padding);
    Blob blob = sealing.seal(new ByteArrayInputStream(content, 0, contentLength), padding);
    return remember(
        new Index.File(path, blob.id(), sealing.key, length, digest, compressed, contentLength),
        blob);
  }

  /** Compresses bytes that were read, and returns the length of what they became. */
  private int compress(int offset, int length) {
    packed = sized(packed, Zstandard.bound(length));
    return Zstandard.compress(plain, offset, length, packed, packing.level());
  }

  /** Whether the middle of a file says that all of it may become smaller; asked of long ones. */
  private boolean middleHelps(int length) {
    return length < 4 * MIDDLE || sampleHelps(length / 2 - MIDDLE / 2, MIDDLE);
  }

  private boolean sampleHelps(int offset, int length) {
    return compress(offset, length) < length - length / WORTH;
  }

  /** The same array if it is long enough: many small ones are dear to collect. */
  private static byte[] sized(byte[] array, int length) {
    return array.length >= length
        ? array
        : new byte[Math.max(length, Math.min(2 * array.length, IN_MEMORY))];
  }

  private Index.File addLarge(String path, long length, Content file) throws IOException {
    MessageDigest running;
    try (DigestInputStream in = digesting(file, length)) {
      if (in.transferTo(OutputStream.nullOutputStream()) != length) {
        throw changed(path);
      }
      running = in.getMessageDigest();
    }
    Digest digest = Digest.of(copy(running).digest());
    Index.File known = known(digest);
    if (known != null) {
      return known.at(path);
    }
    if (packing.level() > 0 && sampleHelps(file)) {
      Index.File compressed = addCompressed(path, length, digest, file);
      if (compressed != null) {
        return compressed;
      }
    }
    long padding = packing.padded(length) - length;
    Sealing sealing = sealing(running, padding);
    try (DigestInputStream in = digesting(file, length)) {
      Blob blob = sealing.seal(in, padding);
      if (!Digest.of(in.getMessageDigest().digest()).equals(digest)) {
        // Key and salt belong to other bytes: such a blob must not leave this machine.
        Files.delete(parts.blob(blob.id()));
        throw changed(path);
      }
      return remember(
          new Index.File(path, blob.id(), sealing.key, length, digest, false, length), blob);
    }
  }

  /** Seals a large file compressed, by way of a file of its own; null where it does not help. */
  private Index.@Nullable File addCompressed(String path, long length, Digest digest, Content file)
      throws IOException {
    Path work = parts.folder().resolve("packing");
    try {
      MessageDigest packedDigest = Digest.newSha256();
      try (DigestInputStream in = digesting(file, length);
          OutputStream out =
              Zstandard.compressing(
                  new DigestOutputStream(Files.newOutputStream(work), packedDigest),
                  packing.level())) {
        in.transferTo(out);
        if (!Digest.of(in.getMessageDigest().digest()).equals(digest)) {
          throw changed(path);
        }
      }
      long packed = Files.size(work);
      if (!helps(packed, length)) {
        return null;
      }
      long padding = packing.padded(packed) - packed;
      Sealing sealing = sealing(packedDigest, padding);
      // Nobody else writes to this file in between: it is the bundle's own.
      try (InputStream in = new BufferedInputStream(Files.newInputStream(work), BUFFER)) {
        Blob blob = sealing.seal(in, padding);
        return remember(
            new Index.File(path, blob.id(), sealing.key, length, digest, true, packed), blob);
      }
    } finally {
      Files.deleteIfExists(work);
    }
  }

  /** Seals the plain bytes of an index. */
  Blob addIndex(byte[] plain, Secret key, byte[] salt, byte[] context) throws IOException {
    return new Sealing(key, salt, context).seal(new ByteArrayInputStream(plain), 0);
  }

  private Index.@Nullable File known(Digest plain) throws IOException {
    Index.File sealed = byContent.get(plain);
    if (sealed != null || base == null) {
      return sealed;
    }
    Index.File earlier = base.file(plain).orElse(null);
    if (earlier == null) {
      return null;
    }
    Blob blob = base.blob(earlier.blob());
    takeOver(blob, base.source());
    return remember(earlier, blob);
  }

  private Index.File remember(Index.File file, Blob blob) {
    blobs.put(blob.id(), blob);
    byContent.put(file.digest(), file);
    return file;
  }

  private void takeOver(Blob blob, BlobSource source) throws IOException {
    Path work = parts.folder().resolve("sealing");
    CRC32 crc = new CRC32();
    MessageDigest digest = Digest.newSha256();
    try (InputStream in = source.open(blob.id());
        OutputStream out = Files.newOutputStream(work)) {
      new CheckedInputStream(new Limited(in, blob.size()), crc)
          .transferTo(new DigestOutputStream(out, digest));
    }
    if (!Digest.of(digest.digest()).equals(blob.id())) {
      Files.delete(work);
      throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", blob.id());
    }
    keep(work, blob, crc);
  }

  private void keep(Path work, Blob blob, CRC32 crc) throws IOException {
    Files.move(work, parts.blob(blob.id()), StandardCopyOption.REPLACE_EXISTING);
    checksums.put(blob.id(), crc.getValue());
  }

  private boolean helps(long compressed, long plain) {
    return compressed < plain
        && packing.padded(compressed) <= packing.padded(plain) - plain / WORTH;
  }

  private boolean sampleHelps(Content file) throws IOException {
    try (InputStream in = file.open()) {
      plain = sized(plain, SAMPLE);
      return sampleHelps(0, in.readNBytes(plain, 0, SAMPLE));
    }
  }

  /** The key, from the digest of the content so far and of the zeros that follow. */
  private Sealing sealing(MessageDigest content, long padding) {
    byte[] zeros = new byte[(int) Math.min(padding, BUFFER)];
    for (long left = padding; left > 0; left -= zeros.length) {
      content.update(zeros, 0, (int) Math.min(left, zeros.length));
    }
    Digest packed = Digest.of(content.digest());
    return new Sealing(
        KeySchedule.fileKey(dataKey, app, packed),
        KeySchedule.fileSalt(dataKey, app, packed),
        KeySchedule.fileContext(app));
  }

  /** One blob about to be sealed. */
  private final class Sealing {

    private final Secret key;
    private final byte[] salt;
    private final byte[] context;

    Sealing(Secret key, byte[] salt, byte[] context) {
      this.key = key;
      this.salt = salt;
      this.context = context;
    }

    Blob seal(InputStream content, long padding) throws IOException {
      InputStream padded =
          padding == 0 ? content : new SequenceInputStream(content, new Zeros(padding));
      Path work = parts.folder().resolve("sealing");
      CRC32 crc = new CRC32();
      Blob blob;
      try (OutputStream out = new CheckedOutputStream(Files.newOutputStream(work), crc)) {
        blob = BlobCodec.seal(padded, out, key, salt, context);
      }
      keep(work, blob, crc);
      return blob;
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

  /** One byte more than there should be shows that there are more; it goes no further. */
  private static DigestInputStream digesting(Content file, long length) throws IOException {
    InputStream in = file.open();
    return new DigestInputStream(new BufferedInputStream(in, BUFFER), Digest.newSha256()) {

      private long left = length + 1;

      @Override
      public int read(byte[] buffer, int offset, int count) throws IOException {
        int read = left == 0 ? -1 : super.read(buffer, offset, (int) Math.min(count, left));
        if (read > 0) {
          left -= read;
        }
        return read;
      }
    };
  }

  private static IOException changed(String path) {
    return new IOException("a file changed while it was being sealed: " + path);
  }
}
