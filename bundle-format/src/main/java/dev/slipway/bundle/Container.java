package dev.slipway.bundle;

import static dev.slipway.bundle.BundleException.Reason.BLOB_DIGEST_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.BLOB_MISSING;
import static dev.slipway.bundle.BundleException.Reason.BLOB_SIZE_MISMATCH;
import static dev.slipway.bundle.BundleException.Reason.CONTAINER;
import static dev.slipway.bundle.BundleException.Reason.MANIFEST_TOO_LARGE;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * A bundle as one {@code *.slipway} file: a ZIP with the manifest first, then the index, the blobs
 * and the Capgo rendition, all stored.
 *
 * <p>The manifest and the bytes of its blobs determine each byte of the file. The reader makes the
 * rest anew and compares, so no bit that nobody signed can differ.
 */
public final class Container implements BlobSource, AutoCloseable {

  private static final int SIZE_IN_HEADER = 22;

  private final FileChannel file;
  private final byte[] manifest;
  private final Map<Digest, Range> ranges;

  private record Range(long start, long size) {}

  /** An object of the bundle and the name it has in the container. */
  private record Part(String name, Digest id, long size) {}

  private Container(FileChannel file, byte[] manifest, Map<Digest, Range> ranges) {
    this.file = file;
    this.manifest = manifest;
    this.ranges = ranges;
  }

  /**
   * Writes the parts of a bundle into a file that must not exist yet.
   *
   * @throws BundleException if the parts are not a bundle
   */
  public static void write(BundleParts parts, Path target) throws IOException {
    write(parts.manifest(), parts, Map.of(), target);
  }

  /**
   * Writes a manifest and the blobs that it names into a file that must not exist yet: so a bundle
   * gets another signature.
   *
   * @throws BundleException if they are not a bundle
   */
  public static void write(byte[] manifest, BlobSource blobs, Path target) throws IOException {
    write(manifest, blobs, Map.of(), target);
  }

  /** Writes objects of which the CRC-32 of some is known, as they were only just made. */
  static void write(byte[] manifest, BlobSource blobs, Map<Digest, Long> checksums, Path target)
      throws IOException {
    List<Part> list = partsOf(ManifestVerifier.readUnverified(manifest));
    // Outside of what cleans up: a file that was there before is not this one's to delete.
    OutputStream file =
        Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    boolean complete = false;
    try (OutputStream out = new BufferedOutputStream(file, 1 << 16)) {
      ZipWriter zip = new ZipWriter(out);
      CRC32 crc = new CRC32();
      crc.update(manifest);
      zip.add(
          stored(BundleParts.MANIFEST, crc.getValue(), manifest.length),
          data -> data.write(manifest));
      for (Part part : list) {
        Long known = checksums.get(part.id());
        long checksum = known == null ? checksum(part, blobs) : known;
        zip.add(
            stored(part.name(), checksum, part.size()),
            data -> {
              try (InputStream in = blobs.open(part.id())) {
                in.transferTo(data);
              }
            });
      }
      zip.finish();
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(target);
      }
    }
  }

  private static long checksum(Part part, BlobSource blobs) throws IOException {
    CRC32 crc = new CRC32();
    try (InputStream in = blobs.open(part.id())) {
      requireContent(part, new CheckedInputStream(in, crc));
    }
    return crc.getValue();
  }

  /**
   * Opens a container and reads it through once: its layout and the digests of all objects. The
   * manifest's signature is not verified here.
   *
   * @throws BundleException if the file is not exactly what {@link #write} makes
   */
  public static Container open(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return read(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Container read(FileChannel file) throws IOException {
    InputStream in = new BufferedInputStream(Channels.newInputStream(file), 1 << 16);
    ZipWriter layout = new ZipWriter(OutputStream.nullOutputStream());

    byte[] header = in.readNBytes(ZipWriter.LOCAL_HEADER + BundleParts.MANIFEST.length());
    if (header.length < ZipWriter.LOCAL_HEADER) {
      throw new BundleException(CONTAINER).with("entry", BundleParts.MANIFEST);
    }
    long size =
        Integer.toUnsignedLong(
            ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(SIZE_IN_HEADER));
    if (size > Manifest.MAX_BYTES) {
      throw new BundleException(MANIFEST_TOO_LARGE).with("bytes", size);
    }
    byte[] manifest = in.readNBytes((int) size);
    CRC32 crc = new CRC32();
    crc.update(manifest);
    ZipWriter.Entry first = stored(BundleParts.MANIFEST, crc.getValue(), manifest.length);
    requireEqual(first.localHeader(), header, BundleParts.MANIFEST);
    layout.pass(first);

    Map<Digest, Range> ranges = new HashMap<>();
    long position = header.length + size;
    for (Part part : partsOf(ManifestVerifier.readUnverified(manifest))) {
      int headerSize = ZipWriter.LOCAL_HEADER + part.name().length();
      byte[] partHeader = in.readNBytes(headerSize);
      CRC32 partCrc = new CRC32();
      requireContent(part, new CheckedInputStream(new Limited(in, part.size()), partCrc));
      ZipWriter.Entry entry = stored(part.name(), partCrc.getValue(), part.size());
      requireEqual(entry.localHeader(), partHeader, part.name());
      layout.pass(entry);
      ranges.put(part.id(), new Range(position + headerSize, part.size()));
      position += headerSize + part.size();
    }
    byte[] ending = layout.ending();
    requireEqual(ending, in.readNBytes(ending.length + 1), "end");
    return new Container(file, manifest, ranges);
  }

  /** The bytes of the signed manifest. */
  public byte[] manifest() {
    return manifest.clone();
  }

  @Override
  public InputStream open(Digest id) {
    Range range = ranges.get(id);
    if (range == null) {
      throw new BundleException(BLOB_MISSING).with("blob", id);
    }
    return new BufferedInputStream(new FileSection(file, range.start(), range.size()), 1 << 16);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private static List<Part> partsOf(Manifest manifest) {
    List<Part> parts = new ArrayList<>();
    manifest
        .allBlobs()
        .forEach(
            blob ->
                parts.add(new Part(BundleParts.BLOBS + "/" + blob.id(), blob.id(), blob.size())));
    CapgoRendition capgo = manifest.capgo();
    if (capgo != null) {
      parts.add(new Part(BundleParts.CAPGO + "/" + capgo.id(), capgo.id(), capgo.size()));
    }
    return parts;
  }

  private static ZipWriter.Entry stored(String name, long crc, long size) {
    return new ZipWriter.Entry(name, ZipWriter.STORED, crc, size, size);
  }

  private static void requireContent(Part part, InputStream in) throws IOException {
    DigestInputStream digesting = new DigestInputStream(in, Digest.newSha256());
    long size = digesting.transferTo(OutputStream.nullOutputStream());
    if (size != part.size()) {
      throw new BundleException(BLOB_SIZE_MISMATCH).with("blob", part.id()).with("bytes", size);
    }
    if (!Digest.of(digesting.getMessageDigest().digest()).equals(part.id())) {
      throw new BundleException(BLOB_DIGEST_MISMATCH).with("blob", part.id());
    }
  }

  private static void requireEqual(byte[] expected, byte[] actual, String entry) {
    if (!Arrays.equals(expected, actual)) {
      throw new BundleException(CONTAINER).with("entry", entry);
    }
  }
}
