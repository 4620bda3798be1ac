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
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Opens a bundle with a key, on a device or on the publisher's machine. It stops at the first thing
 * that is wrong, and then leaves nothing behind.
 *
 * <p>A blob is read twice, once for its digest and once to decrypt it: the source is a disk, not a
 * network.
 */
public final class Opener {

  private static final int BUFFER = 1 << 16;

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

  /**
   * Opens all files into a folder that does not exist yet. The folder is there, complete and
   * verified, if and only if this returns.
   *
   * @throws BundleException if anything is not as publisher and index say
   */
  public Contents open(Path folder) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    Manifest manifest = verified.manifest();
    Index index = index();
    for (Blob blob : manifest.blobs()) {
      requireContent(blob);
    }
    Map<Digest, Blob> byId =
        manifest.blobs().stream().collect(Collectors.toMap(Blob::id, blob -> blob));
    Files.createDirectory(target);
    boolean complete = false;
    try {
      for (Index.File file : index.files()) {
        Blob blob = byId.get(file.blob());
        if (blob != null) {
          write(file, blob, target);
        }
      }
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

  private void write(Index.File file, Blob blob, Path target) throws IOException {
    Path path = resolve(target, file.path());
    Files.createDirectories(path.getParent());
    byte[] context = KeySchedule.fileContext(verified.manifest().appId());
    try (OutputStream out =
            Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        InputStream in = blobs.open(blob.id())) {
      BlobInputStream opened =
          new BlobInputStream(new Limited(in, blob.size()), file.key(), context);
      unpack(file, opened, out);
      requirePadding(file, opened);
    }
  }

  /** Writes the file's bytes, and never one more than the index says. */
  static void unpack(Index.File file, InputStream opened, OutputStream out) throws IOException {
    InputStream packed = new Limited(opened, file.packedLength());
    MessageDigest digest = Digest.newSha256();
    try (InputStream plain = file.compressed() ? Zstandard.decompressing(packed) : packed) {
      byte[] buffer = new byte[BUFFER];
      long length = 0;
      for (int read = plain.read(buffer); read >= 0; read = plain.read(buffer)) {
        length += read;
        if (length > file.length()) {
          throw new BundleException(LENGTH).with("blob", file.blob());
        }
        digest.update(buffer, 0, read);
        out.write(buffer, 0, read);
      }
      // Also what a decompressor leaves unread counts as too much.
      if (length != file.length() || packed.read() >= 0) {
        throw new BundleException(LENGTH).with("blob", file.blob());
      }
    }
    if (!Digest.of(digest.digest()).equals(file.digest())) {
      throw new BundleException(FILE_DIGEST).with("blob", file.blob());
    }
  }

  /** Reads a blob to its end, which makes it whole, and refuses padding that is not zeros. */
  static void requirePadding(Index.File file, InputStream opened) throws IOException {
    byte[] buffer = new byte[BUFFER];
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
